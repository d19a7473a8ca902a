using System.Globalization;

namespace Isolation.Cli;

/// <summary><c>isolation accounts clear</c>.</summary>
internal static class ClearAccountCommand
{
    /// <summary>Says that an account is clean; prints what the service says to it.</summary>
    public static int Run(ProcessInput input, CommandLine line)
    {
        string operand = System.Text.Encoding.UTF8.GetString(line.Operands[0].Span);
        if (!uint.TryParse(operand, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid))
        {
            line.Faults.Add($"{operand} is no uid. Fix: give the number of the account, as the record of what was left tells it.");
            return Dispatch.Usage(line);
        }

        return ServiceCall.Ask(ServiceAddress.Of(input, line), to => Requests.ClearAccount(to, uid), ServiceCall.Note);
    }
}
