using System.Collections.Immutable;

namespace Isolation.Policy;

/// <summary>A piece of the file with its position and its path from the root.</summary>
internal abstract record Node(Place At, string Path)
{
    /// <summary>What it is called in a message about a wrong type.</summary>
    public abstract string Kind { get; }

    /// <summary>Text; whether it is a number or a word is for the reader of that key to say.</summary>
    internal sealed record Scalar(Place At, string Path, string Value) : Node(At, Path)
    {
        public override string Kind => Value.Length == 0 ? "nothing" : $"the value {Findings.Quote(Value)}";
    }

    internal sealed record Sequence(Place At, string Path, ImmutableArray<Node> Items) : Node(At, Path)
    {
        public override string Kind => "a list";
    }

    internal sealed record Mapping(Place At, string Path, ImmutableArray<Pair> Pairs) : Node(At, Path)
    {
        public override string Kind => "a block of keys";
    }

    /// <summary>Something for which a fault has been told already: nothing further is said of it.</summary>
    internal sealed record Broken(Place At, string Path) : Node(At, Path)
    {
        public override string Kind => "something broken";
    }
}

/// <summary>One key of a mapping and its value.</summary>
internal sealed record Pair(string Key, Place KeyAt, Node Value);
