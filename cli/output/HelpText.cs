using System.Runtime.InteropServices;
using System.Text;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>The help, from the same tables that the parser reads.</summary>
internal static class HelpText
{
    /// <summary>Of one command, or of all.</summary>
    public static string Of(CommandSpec? command)
    {
        StringBuilder text = new();
        if (command is null)
        {
            Columns commands = new();
            foreach (string name in CommandTable.Names)
                commands.Add("  " + name, CommandTable.Find(name)!.Summary);
            return text.Append("Usage: isolation [--socket PATH] COMMAND …\n\n").Append(commands.Text())
                .Append("\nisolation COMMAND --help tells a command's options; isolation --version what this is.\n")
                .Append("Exit codes 240 to 249 are isolation's own (docs/cli.md); every other one is the payload's.\n").ToString();
        }

        Columns options = new();
        foreach (OptionSpec option in command.PassesThrough ? [] : command.Options.Append(CommandTable.Socket))
            options.Add($"  {option.Name}{(option.Value is null ? "" : " " + option.Value)}", option.Help + (option.Repeats ? " (may be repeated)" : ""));
        text.Append("Usage: isolation ").Append(command.Name).Append(command.Operands.Length > 0 ? " " : "").Append(command.Operands)
            .Append("\n\n").Append(char.ToUpperInvariant(command.Summary[0])).Append(command.Summary.AsSpan(1)).Append(".\n");
        if (command.CarriedOutBy is { } program)
            text.Append("Carried out by ").Append(program).Append(", beside this program or in PATH.\n");
        return text.Append(command.PassesThrough ? "" : "\n").Append(options.Text()).ToString();
    }

    /// <summary>What this is.</summary>
    public static string Version() => $"isolation {CliVersion.Text} (protocol {FrameFormat.Version}, {RuntimeInformation.FrameworkDescription})\n";
}
