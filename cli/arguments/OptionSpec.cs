namespace Isolation.Cli;

/// <summary>One option of a command.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Value">What its value is called in the help, or null when it takes none.</param>
/// <param name="Help">What it does, a line.</param>
/// <param name="Repeats">Whether it may be given more than once.</param>
internal sealed record OptionSpec(string Name, string? Value, string Help, bool Repeats = false);

/// <summary>One command.</summary>
/// <param name="Name">One word or two.</param>
/// <param name="Operands">How the rest of its line is written.</param>
/// <param name="LeastOperands">How many operands it needs.</param>
/// <param name="MostOperands">How many it takes.</param>
/// <param name="Summary">What it does, a line.</param>
/// <param name="Options">Its options, besides those of every command.</param>
/// <param name="Run">What carries it out.</param>
internal sealed record CommandSpec(
    string Name, string Operands, int LeastOperands, int MostOperands, string Summary, OptionSpec[] Options, Func<ProcessInput, CommandLine, int> Run)
{
    /// <summary>The rest of the line is a command of the payload's.</summary>
    public bool TakesCommand { get; init; }

    /// <summary>The program, beside this one, to which every word goes as it is; null where this one does it.</summary>
    public string? CarriedOutBy { get; init; }

    /// <summary>Every word goes to another program as it is.</summary>
    public bool PassesThrough => CarriedOutBy is not null;
}
