namespace Isolation.Cli;

/// <summary>From the words of the command line to the command that they name.</summary>
internal static class Dispatch
{
    /// <summary>Runs the command; the result is the process's exit code.</summary>
    public static int Run(ProcessInput input)
    {
        CommandLine line = CommandLine.Parse(input.Arguments);
        if (line.WantsHelp)
            return Output.Write(HelpText.Of(line.Command));
        if (line.WantsVersion)
            return Output.Write(HelpText.Version());
        if (line.Command is not { } command || (line.Faults.Count > 0 && command.Run != RunCommand.Run && command.Run != ExplainCommand.Run))
            return Usage(line);
        return command.Run(input, line);
    }

    /// <summary>Every fault of the command line, and where the right form is to be found.</summary>
    public static int Usage(CommandLine line)
    {
        string name = line.Command is { } command ? $"isolation {command.Name}" : "isolation";
        foreach (string fault in line.Faults)
            Output.Error($"{name}: {fault}");
        Output.Error($"Try: {name} --help");
        return ExitCode.Usage;
    }
}
