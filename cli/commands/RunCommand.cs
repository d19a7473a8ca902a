using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>
/// <c>isolation run</c>: one payload. The client asks, gets its channel, hands its streams over and waits for the ending;
/// its own exit code is the payload's. On success it never prints anything, but for the id and the handle of a payload that it does not wait for.
/// </summary>
internal static class RunCommand
{
    private static readonly string NoScratch = FailureLine.Sentence(
        "refused: --in and --out copy to and from a scratch, and at log-only there is none: the payload reads and writes the caller's own files",
        "Leave them out, or ask for another level");

    /// <summary>Runs it.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        RunOptions options = RunOptions.From(line);
        IReadOnlyList<ReadOnlyMemory<byte>> environment = RunOptions.Entries(input.Environment);
        if (line.Faults.Count > 0)
            return Dispatch.Usage(line);
        options = options with { Lending = OwnDirectory.Of(options, environment) };
        StatusChannel status = StatusChannel.Open(options, line.Faults);
        UsageFile? usage = UsageFile.Open(options, line.Faults);
        using ClientExchange? exchange = ClientExchange.Open(options, line.Faults);
        using DetachedStreams? detached = DetachedStreams.Open(options, input.OpenStreams, line.Faults);
        ReadOnlyMemory<byte> request = Requests.WithHello(to => Requests.Run(to, options, environment, exchange), Size(options, environment));
        if (request.Length > FrameFormat.MaxFrame)
            line.Faults.Add($"arguments and environment make a request of {request.Length} bytes; the service takes {FrameFormat.MaxFrame}. "
                + "Fix: pass them in a file or on standard input.");
        return line.Faults.Count > 0
            ? Dispatch.Usage(line)
            : Ask(input, ServiceAddress.Of(input, line), options, request, new RunObservers(status, usage, exchange, detached));
    }

    private static int Ask(ProcessInput input, byte[] socket, RunOptions options, ReadOnlyMemory<byte> request, RunObservers observers)
    {
        StatusChannel status = observers.Status;
        using ServiceConnection? service = ServiceConnection.TryOpen(socket, out int errno);
        if (service is null)
            return Unanswer(socket, ErrnoText.Of(errno), status);

        // A service that refuses early answers before it has read everything: what it said is read all the same.
        bool sent = service.TrySend(request.Span, out errno);
        string silence = sent ? "the connection ended without an answer" : $"it takes no request: {ErrnoText.Of(errno)}";
        ForwardedSignals.DeafenOtherThreads();
        try
        {
            if (service.Next(ServiceConnection.Patience * 1000) is not { } hello)
                return Unanswer(socket, silence, status);
            JsonView? answer = hello["type"u8].Text == "hello" ? service.Next(-1) : hello;
            if (answer is { } wish && wish["type"u8].Text == "lend")
            {
                if (options.Lending?.Name(service.TakeDescriptor()) is string unnamed)
                    return Refuse(unnamed, status);
                service.ExpectDescriptors();
                answer = service.Next(-1);
            }

            if (answer is not { } first)
                return Unanswer(socket, silence, status);
            using Descriptor? channel = service.TakeDescriptor();
            if (first["type"u8].Text == "fork")
                return observers.Exchange is null ? ForkedRun.Run(input, socket, options, service, first.Copy(), status, observers.Usage) : Refuse(NoScratch, status);
            if (first["type"u8].Text != "entered" || channel is null)
                return End(first, status);
            string id = first["id"u8].Text ?? "", handle = first["handle"u8].Text ?? "";
            status.Entered(id, handle);
            // Before the signals are taken: they act while files are brought.
            if (observers.Exchange?.Bring(first["exchange"u8].Text, service.TakeDescriptor()) is string failure)
                return Fail(failure, status);
            using ForwardedSignals signals = ForwardedSignals.Take();
            return HandOver(input, new Reconnection(socket, id, handle), service, channel, signals, observers);
        }
        catch (WireException e)
        {
            return NotUnderstood(e.Message, status);
        }
    }

    private static int HandOver(
        ProcessInput input, Reconnection reconnection, ServiceConnection service, Descriptor channel, ForwardedSignals signals, RunObservers observers)
    {
        Span<byte> message = stackalloc byte[PilotMessage.Size];
        if (observers.Detached is DetachedStreams detached)
        {
            PilotMessage.OfStreams(7).Write(message);
            _ = Sys.TrySend(channel, message, detached.Numbers, out _);
            return new PayloadWait(reconnection, service, channel, signals, observers).Run();
        }

        PilotMessage.OfStreams(input.OpenStreams).Write(message);
        Span<int> streams = stackalloc int[3];
        int count = 0;
        for (int stream = 0; stream < 3; stream++)
        {
            if ((input.OpenStreams & (1 << stream)) != 0)
                streams[count++] = stream;
        }

        StandardStreams.LetReopen(input.OpenStreams);
        // If the cell has gone meanwhile, the service says so in `ended`: no need to look at the result.
        _ = Sys.TrySend(channel, message, streams[..count], out _);
        StandardStreams.Release(input.OpenStreams);
        return new PayloadWait(reconnection, service, channel, signals, observers).Run();
    }

    /// <summary>A frame that is no <c>entered</c>: an ending before the start, or an error.</summary>
    private static int End(JsonView frame, StatusChannel status)
    {
        switch (frame["type"u8].Text)
        {
            case "ended":
                return PayloadWait.End(frame, status);
            case "error":
                string line = FailureLine.OfError(frame);
                int exitCode = ExitCode.OfError(frame["code"u8].Text);
                return NotRun(exitCode switch
                {
                    ExitCode.Busy => "busy",
                    ExitCode.SetupFailed => "setup-failed",
                    ExitCode.Unavailable => "unavailable",
                    _ => "refused",
                }, exitCode, line, status);
            default:
                return NotUnderstood($"a frame \"{frame["type"u8].Text}\" where \"entered\" with a descriptor was due", status);
        }
    }

    // Nothing of the payload has run.
    private static int Refuse(string why, StatusChannel status) => NotRun("refused", ExitCode.Refused, why, status);

    private static int Fail(string why, StatusChannel status) => NotRun("setup-failed", ExitCode.SetupFailed, why, status);

    private static int NotUnderstood(string what, StatusChannel status) => Fail(
        FailureLine.Sentence($"the service breaks the protocol: {what}; nothing of the payload has run", "Use the client that belongs to the service"), status);

    private static int NotRun(string ending, int exitCode, string line, StatusChannel status)
    {
        status.Ended(ending, line);
        return FailureLine.Of(exitCode, line);
    }

    private static int Unanswer(byte[] socket, string cause, StatusChannel status)
    {
        int exitCode = Unanswered.Report(socket, cause, out bool mayRun);
        status.Ended("unavailable", $"nobody answers: {cause}", mayRun);
        return exitCode;
    }

    private static int Size(RunOptions options, IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        long size = 1024;
        foreach (ReadOnlyMemory<byte> text in options.Command)
            size += ((text.Length + 2) / 3 * 4) + 3;
        foreach (ReadOnlyMemory<byte> text in environment)
            size += ((text.Length + 2) / 3 * 4) + 3;
        return (int)size;
    }
}
