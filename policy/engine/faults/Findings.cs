using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>A position in the file, both counted from 1.</summary>
internal readonly record struct Place(int Line, int Column);

/// <summary>Collects what is wrong with one file, and what is worth a note. Used by one thread, for one check.</summary>
internal sealed class Findings
{
    /// <summary>A hostile file of 1 MiB can hold hundreds of thousands of faults; nobody reads more than this.</summary>
    internal const int MostFaults = 1000;

    private readonly List<PolicyFault> _faults = [];
    private readonly List<PolicyNote> _notes = [];
    private int _dropped;

    public bool AnyFault => _faults.Count > 0;

    public ImmutableArray<PolicyFault> Faults
    {
        get
        {
            ImmutableArray<PolicyFault> ordered = [.. _faults.OrderBy(f => f.Line).ThenBy(f => f.Column)];
            return _dropped == 0 ? ordered : ordered.Add(ordered[^1] with
            {
                Path = "",
                What = $"{_dropped} more faults are not listed",
                Fix = "Mend those above and check again.",
            });
        }
    }

    public ImmutableArray<PolicyNote> Notes => [.. _notes.OrderBy(n => n.Line).ThenBy(n => n.Column)];

    public void Fault(Place at, string path, string what, string fix)
    {
        if (_faults.Count < MostFaults)
            _faults.Add(new PolicyFault(at.Line, at.Column, path, what, fix));
        else
            _dropped++;
    }

    public void Fault(Node node, string what, string fix) => Fault(node.At, node.Path, what, fix);

    public void Note(Place at, string path, string what) => _notes.Add(new PolicyNote(at.Line, at.Column, path, what));

    public void Note(Node node, string what) => Note(node.At, node.Path, what);

    /// <summary>Text of the file for a message: quoted, printable, and short.</summary>
    public static string Quote(string text)
    {
        string printable = PrintableText.Of(text.Length > 60 ? string.Concat(text.AsSpan(0, 60), "…") : text);
        return $"'{printable}'";
    }

    /// <summary>The first three of a list for a message, and how many more there are.</summary>
    public static string Some(IReadOnlyCollection<string> all)
        => string.Join(", ", all.Take(3)) + (all.Count > 3 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" and {all.Count - 3} more") : "");
}
