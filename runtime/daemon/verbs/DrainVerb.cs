using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary><c>isolationd --drain</c>: asks the service of a run directory to take no new payloads, and returns when it has ended.</summary>
internal static class DrainVerb
{
    private const int BetweenLooks = 20; // ms
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Asks and waits; the result is the exit code.</summary>
    public static async Task<int> RunAsync(Invocation.Drain drain, TimeProvider clock, TextWriter output, TextWriter errors)
    {
        try
        {
            using var service = OperatorConnection.Ask(drain.Paths.Socket, new DrainRequest((long?)drain.Within?.TotalMilliseconds));
            int exitCode = Told(service.Answer(), output, errors) ?? Told(service.Answer(-1), output, errors) ?? throw new WireException("a second answer of the same kind");
            if (exitCode is ExitCodes.NoPermission or ExitCodes.Usage)
                return exitCode;
            long since = clock.GetTimestamp();
            while (InstanceLock.HeldBy(drain.Paths.InstanceLock) is string holder)
            {
                if (clock.GetElapsedTime(since) > EndDeadline)
                    throw new IOException($"it has not ended after {EndDeadline.TotalSeconds:0} s ({holder})");
                await Task.Delay(TimeSpan.FromMilliseconds(BetweenLooks), clock).ConfigureAwait(false);
            }

            return exitCode;
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            errors.WriteLine($"isolationd: no service answers on {drain.Paths.Socket}: there is none to drain. Payloads of an earlier one may run on.");
            return ExitCodes.Unavailable;
        }
        catch (Exception e) when (e is IOException or WireException)
        {
            errors.WriteLine($"isolationd: the service on {drain.Paths.Socket} did not answer as it should: {e.Message}. Look at its log; what runs, runs on.");
            return ExitCodes.Failed;
        }
    }

    private static int? Told(ServiceMessage answer, TextWriter output, TextWriter errors)
    {
        switch (answer)
        {
            case DrainingAnswer draining:
                output.WriteLine($"draining: no new payloads; {draining.Running} run, {draining.Waiting} wait to be set up");
                return null;
            case DoneAnswer done:
                output.WriteLine(done.Note);
                return ExitCodes.Done;
            case ErrorAnswer error:
                errors.WriteLine($"isolationd: {error.Message}. {error.Fix}");
                return error.Code switch { ErrorCodes.NotAllowed => ExitCodes.NoPermission, ErrorCodes.BadRequest => ExitCodes.Usage, _ => ExitCodes.Failed };
            default:
                throw new WireException("an answer to another question");
        }
    }
}
