using Isolation.Linux;

namespace Isolation.Isolators.Container;

/// <summary>
/// What runtimes and the residents of containers write on their standard error, in the warden's log, which bounds it. Through a pipe: a runtime gives a container's
/// streams to the container's root, and what the warden's own error stream is, a log file say, is the host's.
/// </summary>
internal sealed class ResidentWords
{
    /// <summary>Begins to pass on.</summary>
    /// <param name="log">Takes one line an event.</param>
    internal ResidentWords(Action<string> log)
    {
        (Descriptor read, End) = Sys.Pipe();
        new Thread(() => PassOn(read, log), 128 << 10) { IsBackground = true, Name = "resident-words" }.Start();
    }

    /// <summary>The end to write to; borrowed.</summary>
    internal Descriptor End { get; }

    private static void PassOn(Descriptor read, Action<string> log)
    {
        byte[] words = new byte[1024];
        while (Sys.Read(read, words) is int length and > 0)
            log($"in a container: {Isolation.Core.PrintableText.Of(words.AsSpan(0, length).TrimEnd((byte)'\n'))}");
    }
}
