using Isolation.Core;

namespace Isolation.Cli;

/// <summary>One <c>--in</c>.</summary>
/// <param name="File">The caller's file.</param>
/// <param name="Name">Its name in the scratch.</param>
internal sealed record InputSpec(byte[] File, byte[] Name);

/// <summary>One <c>--out</c>.</summary>
/// <param name="Name">The file's name in the scratch.</param>
/// <param name="File">Where the caller wants it.</param>
internal sealed record OutputSpec(byte[] Name, byte[] File);

/// <summary>
/// The values of <c>--in FILE[:NAME]</c> and <c>--out NAME[:FILE]</c>: cut at the last colon of the one and at the first of the other; what is not
/// said, or empty, is the last part of the other side.
/// </summary>
internal static class ExchangeOptions
{
    /// <summary>What is to be brought.</summary>
    public static List<InputSpec> ReadInputs(IEnumerable<ReadOnlyMemory<byte>> given, List<string> faults)
    {
        List<InputSpec> inputs = [];
        foreach (ReadOnlyMemory<byte> one in given)
        {
            int colon = one.Span.LastIndexOf((byte)':');
            ReadOnlySpan<byte> file = colon < 0 ? one.Span : one.Span[..colon], name = colon < 0 ? [] : one.Span[(colon + 1)..];
            InputSpec input = new(file.ToArray(), name.IsEmpty ? LastPart(file).ToArray() : name.ToArray());
            if (Check("--in", one.Span, input.Name, input.File, inputs.Select(i => i.Name), faults))
                inputs.Add(input);
        }

        return inputs;
    }

    /// <summary>What is to be fetched.</summary>
    public static List<OutputSpec> ReadOutputs(IEnumerable<ReadOnlyMemory<byte>> given, List<string> faults)
    {
        List<OutputSpec> outputs = [];
        foreach (ReadOnlyMemory<byte> one in given)
        {
            int colon = one.Span.IndexOf((byte)':');
            ReadOnlySpan<byte> name = colon < 0 ? one.Span : one.Span[..colon], file = colon < 0 ? [] : one.Span[(colon + 1)..];
            OutputSpec output = new(name.ToArray(), file.IsEmpty ? LastPart(name).ToArray() : file.ToArray());
            if (outputs.Exists(o => o.File.AsSpan().SequenceEqual(output.File)))
                faults.Add($"--out {Printable.Of(one.Span)} goes where another one does. Fix: name another file.");
            else if (Check("--out", one.Span, output.Name, output.File, outputs.Select(o => o.Name), faults))
                outputs.Add(output);
        }

        return outputs;
    }

    private static bool Check(string option, ReadOnlySpan<byte> given, byte[] name, byte[] file, IEnumerable<byte[]> names, List<string> faults)
    {
        string shown = $"{option} {Printable.Of(given)}";
        int before = faults.Count;
        if (!FileExchange.IsName(name))
            faults.Add($"{shown} has no relative name of 1 to {FileExchange.LongestName} bytes, without empty parts, . and .., for the scratch. "
                + "Fix: write --in FILE:NAME or --out NAME:FILE.");
        else if (file.Length == 0)
            faults.Add($"{shown} names no file. Fix: write --in FILE:NAME or --out NAME:FILE.");
        else if (names.Any(n => n.AsSpan().SequenceEqual(name)))
            faults.Add($"{shown} uses a name of the scratch twice. Fix: give each file another.");
        else if (names.Count() == FileExchange.MostFiles)
            faults.Add($"{option} is given more than {FileExchange.MostFiles} times. Fix: put several files into one archive.");
        return faults.Count == before;
    }

    private static ReadOnlySpan<byte> LastPart(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];
}
