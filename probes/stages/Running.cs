using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A program that was started: its input, its lines, its end. Disposing kills it.</summary>
internal sealed class Running : IDisposable
{
    private const int EndsByItselfMilliseconds = 3000;
    private const int LongestLine = 256 << 10; // a record has at most half of it
    private readonly int _pid;
    private readonly PidFd? _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly Thread _reader;
    private readonly StringBuilder _errors = new();
    private readonly Thread _errorReader;

    private Running(int pid, Descriptor? input, Descriptor output, Descriptor errors)
    {
        (_pid, Input) = (pid, input);
        _process = PidFd.TryOpen(pid, out _);
        _reader = Start(() => ReadLines(output, _lines.Add, _lines.CompleteAdding));
        _errorReader = Start(() => ReadLines(errors, line => _errors.Append(line).Append('\n'), () => { }));
    }

    /// <summary>Its standard input, null where it has another one.</summary>
    public Descriptor? Input { get; private set; }

    /// <summary>Its number.</summary>
    public int Pid => _pid;

    /// <summary>What it wrote on standard error; whole once it is over.</summary>
    public string Errors => Printable.Of(_errors.ToString().Trim());

    /// <summary>Starts a program with pipes.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Its arguments, without its name.</param>
    /// <param name="environment">Entries <c>NAME=value</c>.</param>
    /// <param name="input">A standard input in the place of a pipe.</param>
    /// <param name="output">A standard output in the place of a pipe; then it has no lines.</param>
    /// <param name="extra">Its descriptors from 3.</param>
    public static Running Start(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, Descriptor? input = null, Descriptor? output = null,
        IReadOnlyList<Descriptor>? extra = null)
    {
        (Descriptor outputRead, Descriptor outputWrite) = Sys.Pipe();
        (Descriptor errorRead, Descriptor errorWrite) = Sys.Pipe();
        (Descriptor inputRead, Descriptor inputWrite) = Sys.Pipe();
        int pid = Sys.TrySpawn(program, [program, .. arguments], environment, [input ?? inputRead, output ?? outputWrite, errorWrite, .. extra ?? []], newSession: false);
        outputWrite.Dispose();
        errorWrite.Dispose();
        inputRead.Dispose();
        if (pid < 0)
            throw new SyscallException("posix_spawn", program, -pid);
        if (input is not null)
            inputWrite.Dispose();
        return new Running(pid, input is null ? inputWrite : null, outputRead, errorRead);
    }

    /// <summary>The next line of its output; null at the end, or when none came in time.</summary>
    public string? NextLine(double seconds) => _lines.TryTake(out string? line, TimeSpan.FromSeconds(seconds)) ? line : null;

    /// <summary>Every line until the end of its output, or until the time is over.</summary>
    public IEnumerable<string> Lines(double seconds)
    {
        long since = Stopwatch.GetTimestamp();
        while (NextLine(Math.Max(0, seconds - Stopwatch.GetElapsedTime(since).TotalSeconds)) is { } line)
            yield return line;
    }

    /// <summary>Sends a line.</summary>
    public void Write(string line)
    {
        if (Input is { } input)
            _ = Sys.TryWrite(input, Encoding.UTF8.GetBytes(line + "\n"), out _);
    }

    /// <summary>Ends its input.</summary>
    public void EndInput()
    {
        Input?.Dispose();
        Input = null;
    }

    /// <summary>Whether nobody holds its output open any more, or so within that time.</summary>
    public bool OutputIsOver(double seconds) => _reader.Join((int)(seconds * 1000));

    /// <summary>Kills it.</summary>
    public void Kill() => _process?.Signal(9);

    /// <summary>Waits for its end; null when it did not come in time.</summary>
    public ChildEnd? Wait(double seconds)
    {
        if (_process is null || Sys.Poll(_process, PollEvents.In, (int)(seconds * 1000)) == PollEvents.None)
            return null;
        _errorReader.Join(1000);
        return Sys.WaitFor(_process, reap: false);
    }

    public void Dispose()
    {
        EndInput();
        if (_process is { } process)
        {
            // Whoever ends when its input does takes its things away first.
            if (Sys.Poll(process, PollEvents.In, EndsByItselfMilliseconds) == PollEvents.None)
                process.Signal(9);
            Sys.Poll(process, PollEvents.In, 5000);
            Sys.Reap(_pid);
            process.Dispose();
        }

        // Somebody else may hold the other end of the pipes; then the threads stay until the program ends.
        _reader.Join(500);
        _errorReader.Join(500);
    }

    private static Thread Start(ThreadStart body)
    {
        Thread thread = new(body) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void ReadLines(Descriptor from, Action<string> line, Action end)
    {
        using Descriptor source = from;
        byte[] buffer = new byte[64 << 10];
        StringBuilder rest = new();
        while (Sys.TryRead(source, buffer, out _) is int count and > 0)
        {
            string[] pieces = Encoding.Latin1.GetString(buffer, 0, count).Split('\n');
            foreach (string piece in pieces[..^1])
            {
                line(rest.Append(piece).ToString());
                rest.Clear();
            }

            rest.Append(pieces[^1]);
            if (rest.Length > LongestLine)
                rest.Clear();
        }

        end();
    }
}
