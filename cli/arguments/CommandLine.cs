using System.Text;
using System.Text.Unicode;

namespace Isolation.Cli;

/// <summary>
/// The words of the command line, sorted by the tables. Every fault is kept, so that all are told at once. Values stay bytes.
/// </summary>
internal sealed class CommandLine
{
    private readonly List<(OptionSpec Option, ReadOnlyMemory<byte> Value)> _options = [];

    /// <summary>The command named, or null.</summary>
    public CommandSpec? Command { get; private set; }

    /// <summary>The operands; for <see cref="CommandSpec.PassesThrough"/> every further word.</summary>
    public List<ReadOnlyMemory<byte>> Operands { get; } = [];

    /// <summary>The payload's command.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PayloadCommand { get; private set; } = [];

    /// <summary>What is wrong, a sentence each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>--help was given.</summary>
    public bool WantsHelp { get; private set; }

    /// <summary>--version was given.</summary>
    public bool WantsVersion { get; private set; }

    /// <summary>Sorts the words.</summary>
    public static CommandLine Parse(IReadOnlyList<ReadOnlyMemory<byte>> words)
    {
        CommandLine line = new();
        int at = 0;
        while (at < words.Count && words[at].Span.StartsWith("-"u8))
            at = line.TakeOption(words, at, [CommandTable.Socket]);
        if (at < words.Count)
            at = line.TakeName(words, at);
        else if (!line.WantsHelp && !line.WantsVersion)
            line.Faults.Add("a command is missing. Fix: name one of " + string.Join(", ", CommandTable.Names) + ".");
        if (line.Command is { } command)
            line.TakeRest(words, at, command);
        return line;
    }

    /// <summary>The value of an option, or null.</summary>
    public ReadOnlyMemory<byte>? Value(string option)
    {
        foreach ((OptionSpec given, ReadOnlyMemory<byte> value) in _options)
        {
            if (given.Name == option)
                return value;
        }

        return null;
    }

    /// <summary>Every value of an option, in their order.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Values(string option)
    {
        // Not a chain of LINQ's: its Select is looked up at run time, which costs each start of a client 0.1 ms.
        foreach ((OptionSpec given, ReadOnlyMemory<byte> value) in _options)
        {
            if (given.Name == option)
                yield return value;
        }
    }

    /// <summary>Whether an option without a value was given.</summary>
    public bool Has(string option) => Value(option) is not null;

    /// <summary>The value of an option as text; a fault when it is not UTF-8.</summary>
    public string? Text(string option, ICollection<string> faults)
    {
        if (Value(option) is not { } value)
            return null;
        if (Utf8.IsValid(value.Span))
            return Encoding.UTF8.GetString(value.Span);
        faults.Add($"{option} {Printable.Of(value.Span)} is not UTF-8. Fix: give it as UTF-8 text.");
        return null;
    }

    /// <summary>The value of an option as a whole number in bounds; a fault when it is none.</summary>
    public long? Number(string option, long least, long most, ICollection<string> faults)
    {
        if (Value(option) is not { } value)
            return null;
        if (WholeNumber.TryParse(value.Span, out long number) && number >= least && number <= most)
            return number;
        faults.Add($"{option} {Printable.Of(value.Span)} is no number from {least} to {most}.");
        return null;
    }

    private void TakeRest(IReadOnlyList<ReadOnlyMemory<byte>> words, int at, CommandSpec command)
    {
        OptionSpec[] options = [.. command.Options, CommandTable.Socket];
        while (at < words.Count)
        {
            ReadOnlySpan<byte> word = words[at].Span;
            bool isEnd = word.SequenceEqual("--"u8);
            if (command.PassesThrough && !word.SequenceEqual("--help"u8))
            {
                Operands.Add(words[at++]);
            }
            else if (command.TakesCommand && (isEnd || !word.StartsWith("-"u8)))
            {
                PayloadCommand = [.. words.Skip(isEnd ? at + 1 : at)];
                break;
            }
            else if (!isEnd && word.Length > 1 && word[0] == '-')
            {
                at = TakeOption(words, at, options);
            }
            else
            {
                Operands.AddRange(words.Skip(isEnd ? at + 1 : at).Take(isEnd ? int.MaxValue : 1));
                at = isEnd ? words.Count : at + 1;
            }
        }

        if (WantsHelp)
            return;
        if (command.TakesCommand && PayloadCommand.Count == 0)
            Faults.Add("the command to run is missing. Fix: end the line with -- CMD [ARGUMENT…].");
        if (Operands.Count < command.LeastOperands)
            Faults.Add($"an operand is missing. Fix: write isolation {command.Name} {command.Operands}.");
        if (Operands.Count > command.MostOperands)
            Faults.Add($"\"{Printable.Of(Operands[command.MostOperands].Span)}\" is one word too many. "
                + $"Fix: write isolation {command.Name} {command.Operands}.");
    }

    private int TakeName(IReadOnlyList<ReadOnlyMemory<byte>> words, int at)
    {
        string name = Printable.Of(words[at].Span);
        string? second = at + 1 < words.Count ? $"{name} {Printable.Of(words[at + 1].Span)}" : null;
        if (second is not null && (Command = CommandTable.Find(second)) is not null)
            return at + 2;
        if ((Command = CommandTable.Find(name)) is not null)
            return at + 1;
        WantsHelp |= second is not null && words[at + 1].Span.SequenceEqual("--help"u8);
        Faults.Add($"there is no command \"{(name == "policy" ? second ?? name : name)}\". Fix: name one of {string.Join(", ", CommandTable.Names)}.");
        return words.Count;
    }

    private int TakeOption(IReadOnlyList<ReadOnlyMemory<byte>> words, int at, OptionSpec[] options)
    {
        ReadOnlyMemory<byte> word = words[at];
        if (word.Span.SequenceEqual("--help"u8) || word.Span.SequenceEqual("-h"u8))
        {
            WantsHelp = true;
            return at + 1;
        }

        if (Command is null && word.Span.SequenceEqual("--version"u8))
        {
            WantsVersion = true;
            return at + 1;
        }

        int equals = word.Span.IndexOf((byte)'=');
        string name = Printable.Of(equals < 0 ? word.Span : word.Span[..equals]);
        OptionSpec? option = Array.Find(options, o => o.Name == name);
        if (option is null)
        {
            Faults.Add($"there is no option {name}. Fix: use one of {string.Join(", ", options.Select(o => o.Name))}.");
            return at + 1;
        }

        if (!option.Repeats && Value(name) is not null)
            Faults.Add($"{name} is given twice. Fix: give it once.");
        if (option.Value is null)
        {
            if (equals >= 0)
                Faults.Add($"{name} takes no value.");
            _options.Add((option, default));
            return at + 1;
        }

        if (equals < 0 && at + 1 >= words.Count)
        {
            Faults.Add($"{name} lacks its value. Fix: write {name} {option.Value}.");
            return at + 1;
        }

        _options.Add((option, equals < 0 ? words[at + 1] : word[(equals + 1)..]));
        return equals < 0 ? at + 2 : at + 1;
    }
}
