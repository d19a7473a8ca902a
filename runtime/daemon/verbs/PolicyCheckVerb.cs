using Isolation.Policy;

namespace Isolation.Daemon;

/// <summary><c>policy check FILE</c>: every fault, one a line.</summary>
internal static class PolicyCheckVerb
{
    public static int Run(string file, TextWriter output, TextWriter errors)
    {
        try
        {
            switch (PolicyReading.Check(file, HostFacts.Read(), out _))
            {
                case PolicyCheck.Refused refused:
                    foreach (string line in PolicyReading.Lines(file, refused.Faults))
                        errors.WriteLine(line);
                    errors.WriteLine($"{file}: {refused.Faults.Length} fault{(refused.Faults.Length == 1 ? "" : "s")}");
                    return ExitCodes.BadPolicy;
                case PolicyCheck.Accepted accepted:
                    foreach (string line in PolicyReading.Lines(file, accepted.Notes))
                        output.WriteLine(line);
                    output.WriteLine($"{file}: good, {accepted.Snapshot.Epoch}");
                    return ExitCodes.Done;
                default:
                    throw new InvalidOperationException("a check without an answer");
            }
        }
        catch (IOException e)
        {
            errors.WriteLine($"{file}: cannot be read: {e.Message}");
            return ExitCodes.BadPolicy;
        }
    }
}
