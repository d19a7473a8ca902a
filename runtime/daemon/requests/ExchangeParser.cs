using System.Globalization;
using Isolation.Core;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Reads the exchange of a request: names that stay in the scratch, each once each way, and bounded numbers of them.</summary>
internal static class ExchangeParser
{
    private const string NameFix = "Use a relative name of parts that are not empty, '.' or '..'.";

    /// <summary>The exchange; everything wrong is added to the faults.</summary>
    public static FileExchange Parse(WireExchange? asked, List<Fault> faults)
    {
        if (asked is null)
            return FileExchange.None;
        CheckCount("brought", asked.In.Count, faults);
        CheckCount("fetched", asked.Out.Count, faults);
        HashSet<ByteString> brought = [], fetched = [];
        foreach (WireInput file in asked.In.Take(FileExchange.MostFiles))
        {
            if (file.Bytes is < 0 or > LimitBounds.MostBytes)
                faults.Add(new Fault(string.Create(CultureInfo.InvariantCulture, $"a file to be brought has {file.Bytes} bytes"), "Say its length."));
            Take(file.Name, "brought", brought, faults);
        }

        foreach (byte[] name in asked.Out.Take(FileExchange.MostFiles))
            Take(name, "fetched", fetched, faults);
        return new FileExchange(
            [.. asked.In.Take(FileExchange.MostFiles).Select(f => new BroughtFile(Name(f.Name), f.Bytes))], [.. asked.Out.Take(FileExchange.MostFiles).Select(Name)]);
    }

    private static void CheckCount(string verb, int count, List<Fault> faults)
    {
        if (count > FileExchange.MostFiles)
            faults.Add(new Fault($"{count} files are to be {verb}; at most {FileExchange.MostFiles} are allowed", "Put several into one archive."));
    }

    private static void Take(byte[] name, string verb, HashSet<ByteString> names, List<Fault> faults)
    {
        string shown = PrintableText.Of(name.AsSpan(0, Math.Min(name.Length, FileExchange.LongestName)));
        if (!FileExchange.IsName(name))
            faults.Add(new Fault($"\"{shown}\" is no name of 1 to {FileExchange.LongestName} bytes for a file to be {verb}", NameFix));
        else if (!names.Add(Name(name)))
            faults.Add(new Fault($"\"{shown}\" is to be {verb} twice", "Name each file once."));
    }

    private static ByteString Name(byte[] name) => ByteString.TryFrom(name, out ByteString text) ? text : default;
}
