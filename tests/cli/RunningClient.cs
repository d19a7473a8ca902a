using System.Diagnostics;
using Isolation.Linux;

namespace Isolation.Cli.Tests;

/// <summary>The client as a process of its own.</summary>
internal sealed class RunningClient : IDisposable
{
    private readonly Process _process;
    private readonly Task<byte[]> _output;
    private readonly Task<string> _error;

    private RunningClient(ProcessStartInfo start, string socket)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["ISOLATION_SOCKET"] = socket;
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
        _output = ReadAllAsync(_process.StandardOutput.BaseStream);
    }

    public int Pid => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts the program itself.</summary>
    public static RunningClient Start(PublishedCli cli, FakeService service, params string[] arguments) => Start(cli, service.Socket, arguments);

    public static RunningClient Start(PublishedCli cli, string socket, params string[] arguments) => new(new ProcessStartInfo(cli.Program, arguments), socket);

    /// <summary>Starts it through a shell, where <c>$ISOLATION</c> is the program; the line ends in exec, so that the pid is the client's.</summary>
    public static RunningClient StartIn(PublishedCli cli, FakeService service, string shellLine)
    {
        ProcessStartInfo start = new("/bin/bash", ["-c", shellLine]);
        start.Environment["ISOLATION"] = cli.Program;
        return new RunningClient(start, service.Socket);
    }

    public void Signal(int number)
    {
        using PidFd process = PidFd.TryOpen(Pid, out _)!;
        Assert.True(process.Signal(number), "the client is gone");
    }

    /// <summary>The state letter of /proc/PID/stat.</summary>
    public char State()
    {
        string stat = File.ReadAllText($"/proc/{Pid}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    /// <summary>Waits for its end; 128+n where a signal ended it.</summary>
    public (int ExitCode, string Output, string Error) Finish()
    {
        (int exitCode, byte[] output, string error) = FinishBinary();
        return (exitCode, System.Text.Encoding.UTF8.GetString(output), error);
    }

    public (int ExitCode, byte[] Output, string Error) FinishBinary()
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
        {
            _process.Kill();
            throw new TimeoutException("the client did not end; stderr: " + _error.Result);
        }

        return (_process.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
