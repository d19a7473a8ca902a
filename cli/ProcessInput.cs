using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// What this process was started with, as bytes: .NET's strings would change whatever is not UTF-8. Taken from /proc, where the
/// kernel shows the memory that execve filled.
/// </summary>
/// <param name="Arguments">Without the program's own name.</param>
/// <param name="Environment">Entries as they are.</param>
/// <param name="OpenStreams">Bit n is set when descriptor n was open.</param>
internal sealed record ProcessInput(IReadOnlyList<ReadOnlyMemory<byte>> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Environment, byte OpenStreams)
{
    /// <summary>Reads it; null, with the reason, where /proc does not show it.</summary>
    public static ProcessInput? TryRead(byte openStreams, out string fault)
    {
        fault = "";
        if (ReadAll("/proc/self/cmdline"u8, ref fault) is not { } arguments || ReadAll("/proc/self/environ"u8, ref fault) is not { } environment)
            return null;
        List<ReadOnlyMemory<byte>> words = Split(arguments);
        return new ProcessInput(words.Count > 0 ? words.GetRange(1, words.Count - 1) : [], Split(environment), openStreams);
    }

    /// <summary>The value of a variable, or null; an empty one counts as none.</summary>
    public ReadOnlyMemory<byte>? Variable(ReadOnlySpan<byte> name)
    {
        foreach (ReadOnlyMemory<byte> entry in Environment)
        {
            if (entry.Length > name.Length + 1 && entry.Span[name.Length] == '=' && entry.Span.StartsWith(name))
                return entry[(name.Length + 1)..];
        }

        return null;
    }

    /// <summary>The strings of a block in which each ends with a NUL, without copying them.</summary>
    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> block)
    {
        List<ReadOnlyMemory<byte>> strings = [];
        while (!block.IsEmpty)
        {
            int length = block.Span.IndexOf((byte)0);
            if (length < 0)
            {
                strings.Add(block);
                break;
            }

            strings.Add(block[..length]);
            block = block[(length + 1)..];
        }

        return strings;
    }

    private static ReadOnlyMemory<byte>? ReadAll(ReadOnlySpan<byte> path, ref string fault)
    {
        using Descriptor? file = Sys.TryOpen(null, path, Sys.O_RDONLY, 0, out int errno);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(16 << 10);
        int length = 0;
        while (file is not null)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 4);
            int count = Sys.TryRead(file, buffer.AsSpan(length), out errno);
            if (count < 0)
                break;
            if (count == 0)
                return buffer.AsMemory(0, length);
            length += count;
        }

        fault = $"cannot read {System.Text.Encoding.UTF8.GetString(path)} ({ErrnoText.Of(errno)}). Fix: run it where /proc is mounted.";
        return null;
    }
}
