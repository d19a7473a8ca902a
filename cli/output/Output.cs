using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>What reads our output is gone.</summary>
internal sealed class BrokenPipeException : Exception;

/// <summary>Standard output and error without the class Console, which would throw when one is closed, and costs the start.</summary>
internal static class Output
{
    /// <summary>Bit n is set when the caller had descriptor n open; nothing is written to one that was not.</summary>
    public static byte OpenStreams { get; set; }

    /// <summary>Text to standard output, as it is; returns success, for the end of a command.</summary>
    /// <exception cref="BrokenPipeException">Its reader is gone.</exception>
    public static int Write(string text)
    {
        Write(Encoding.UTF8.GetBytes(text));
        return ExitCode.Done;
    }

    /// <summary>Bytes to standard output.</summary>
    /// <exception cref="BrokenPipeException">Its reader is gone.</exception>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        if (!Put(1, bytes))
            throw new BrokenPipeException();
    }

    /// <summary>One line to standard error, control characters made visible: part of it are words of others.</summary>
    public static void Error(string line) => _ = Put(2, Encoding.UTF8.GetBytes(Printable.Of(line) + "\n"));

    private static bool Put(int stream, ReadOnlySpan<byte> bytes)
    {
        if ((OpenStreams & (1 << stream)) == 0)
            return true;
        Descriptor target = new(stream);
        try
        {
            while (!bytes.IsEmpty)
            {
                int written = Sys.TryWrite(target, bytes, out int errno);
                if (written < 0 && errno == Errno.EAGAIN)
                    _ = Sys.Poll(target, PollEvents.Out, -1);
                else if (written < 0)
                    return errno != Errno.EPIPE;
                bytes = bytes[Math.Max(written, 0)..];
            }

            return true;
        }
        finally
        {
            _ = target.Release(); // not ours to close
        }
    }
}
