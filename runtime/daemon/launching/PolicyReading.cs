using System.Collections.Immutable;
using System.Globalization;
using Isolation.Core;
using Isolation.Policy;

namespace Isolation.Daemon;

/// <summary>Reads a policy file against this host, and puts its faults into words.</summary>
internal static class PolicyReading
{
    /// <summary>A policy file is written by people: this is far more than they write.</summary>
    private const int MaxSize = 4 << 20;

    /// <summary>Checks the file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PolicyCheck Check(string path, HostFacts facts, out byte[] bytes)
    {
        try
        {
            if (new FileInfo(path).Length > MaxSize)
                throw new IOException($"{path} has more than {MaxSize} bytes");
            bytes = File.ReadAllBytes(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be read: {e.Message}", e);
        }

        return PolicyFile.Check(bytes, facts);
    }

    /// <summary>One line a fault: FILE:LINE:COL: path: what. Fix: what to write instead.</summary>
    public static ImmutableArray<string> Lines(string path, ImmutableArray<PolicyFault> faults)
        => [.. faults.Select(f => string.Create(CultureInfo.InvariantCulture,
            $"{path}:{f.Line}:{f.Column}: {(f.Path.Length > 0 ? f.Path + ": " : "")}{PrintableText.Of(f.What)}. Fix: {PrintableText.Of(f.Fix)}"))];

    /// <summary>One line a note.</summary>
    public static ImmutableArray<string> Lines(string path, ImmutableArray<PolicyNote> notes)
        => [.. notes.Select(n => string.Create(CultureInfo.InvariantCulture,
            $"{path}:{n.Line}:{n.Column}: note: {(n.Path.Length > 0 ? n.Path + ": " : "")}{PrintableText.Of(n.What)}."))];
}
