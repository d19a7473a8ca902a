using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Asks a living service to reload its policy, as an operator does.</summary>
internal static class ReloadRequest
{
    /// <summary>False when it refuses; true when it reloads, or when nobody serves.</summary>
    public static bool Send(string socketPath, TextWriter output, TextWriter errors)
    {
        try
        {
            using var service = OperatorConnection.Ask(socketPath, new ReloadPolicyRequest());
            switch (service.Answer())
            {
                case DoneAnswer done:
                    output.WriteLine(done.Note);
                    return true;
                case ErrorAnswer error:
                    errors.WriteLine($"the service did not take it: {error.Message} {error.Fix}");
                    return false;
                default:
                    throw new WireException("an answer to another question");
            }
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            output.WriteLine("no service answers: it reads the policy when it starts");
            return true;
        }
        catch (Exception e) when (e is IOException or WireException)
        {
            errors.WriteLine($"the service at {socketPath} did not answer as it should: {e.Message}. Reload it: isolation policy reload, or SIGHUP.");
            return false;
        }
    }
}
