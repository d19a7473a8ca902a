namespace Isolation.Ledger.Tests;

/// <summary>A directory of one test, removed with it.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ledger-").FullName;

    public string Ledger => System.IO.Path.Combine(Path, "ledger");

    public NodeLedger Open(LedgerOptions? options = null, TimeProvider? clock = null)
        => NodeLedger.Open(Ledger, options ?? Samples.SmallSegments, clock ?? TimeProvider.System);

    /// <summary>A copy of the ledger as it is on disk now: what a crash at this moment leaves.</summary>
    public string Copy(string name)
    {
        string target = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(target);
        foreach (string file in Directory.EnumerateFiles(Ledger, "*.ndjson"))
            File.Copy(file, System.IO.Path.Combine(target, System.IO.Path.GetFileName(file)));
        return target;
    }

    public string[] Segments => [.. Directory.EnumerateFiles(Ledger, "*.ndjson").Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
