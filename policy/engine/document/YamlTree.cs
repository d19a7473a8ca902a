using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Isolation.Policy;

/// <summary>
/// Builds the tree of a file from the parser's events, so that every piece keeps its position. Of YAML it takes one document of
/// mappings, lists and text: anchors, aliases and tags are refused, because a small file with them can stand for a huge one or
/// for another than it shows.
/// </summary>
internal sealed class YamlTree
{
    /// <summary>The deepest policy that makes sense has 6 levels.</summary>
    internal const int MostDepth = 16;

    private readonly Parser _parser;
    private readonly Findings _findings;

    private YamlTree(string text, Findings findings) => (_parser, _findings) = (new Parser(new StringReader(text)), findings);

    /// <summary>The root, or null when the text is no YAML at all (a fault says where and why).</summary>
    public static Node? Read(string text, Findings findings)
    {
        var tree = new YamlTree(text, findings);
        try
        {
            return tree.ReadDocument();
        }
        catch (UnreadableException)
        {
            return null;
        }
    }

    private Node? ReadDocument()
    {
        Next(); // stream start
        if (Next() is StreamEnd)
        {
            _findings.Fault(new Place(1, 1), "", "the file is empty", "Start with 'version: 1'; docs/policy.md and packaging/policy.example.yaml show a whole file.");
            return null;
        }

        Node root = ReadNode(Next(), "", depth: 1, null);
        Next(); // document end
        ParsingEvent rest = Next();
        if (rest is not StreamEnd)
            throw Unreadable(PlaceOf(rest.Start), "", "a second document begins here", "Keep one document in the file: remove '---' and what follows.");
        return root;
    }

    private Node ReadNode(ParsingEvent found, string path, int depth, Place? fallback)
    {
        Place at = PlaceOf(found.Start);
        if (depth > MostDepth)
            throw Unreadable(at, path, $"nested more than {MostDepth} levels deep", "No key of a policy is that deep: remove the nesting.");
        if (found is AnchorAlias)
        {
            _findings.Fault(at, path, "an alias (*name) stands here", "Write the value itself: aliases are not accepted in a policy file.");
            return new Node.Broken(at, path);
        }

        if (found is NodeEvent { Anchor.IsEmpty: false })
            _findings.Fault(at, path, "an anchor (&name) stands here", "Remove it: anchors are not accepted in a policy file.");
        if (found is NodeEvent { Tag.IsEmpty: false })
            _findings.Fault(at, path, "a tag (!name) stands here", "Remove it: tags are not accepted in a policy file.");

        return found switch
        {
            // A value that is not there is told at its key: the parser places it on a later line.
            YamlDotNet.Core.Events.Scalar { Value.Length: 0, Style: ScalarStyle.Plain } => new Node.Scalar(fallback ?? at, path, ""),
            YamlDotNet.Core.Events.Scalar scalar => ReadScalar(scalar, at, path),
            SequenceStart => new Node.Sequence(at, path, ReadItems(path, depth)),
            MappingStart => new Node.Mapping(at, path, ReadPairs(path, depth)),
            _ => throw Unreadable(at, path, "this is no value", "Write a value, a list or a block of keys."),
        };
    }

    private Node ReadScalar(YamlDotNet.Core.Events.Scalar scalar, Place at, string path)
    {
        foreach (Rune rune in scalar.Value.EnumerateRunes())
        {
            if (DocumentText.IsRefused(rune) || rune == Rune.ReplacementChar)
            {
                _findings.Fault(at, path, $"the value holds the character U+{rune.Value:X4}", "Write it without that escape.");
                return new Node.Broken(at, path);
            }
        }

        return new Node.Scalar(at, path, scalar.Value);
    }

    private ImmutableArray<Node> ReadItems(string path, int depth)
    {
        ImmutableArray<Node>.Builder items = ImmutableArray.CreateBuilder<Node>();
        for (ParsingEvent item = Next(); item is not SequenceEnd; item = Next())
            items.Add(ReadNode(item, string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}]"), depth + 1, null));
        return items.ToImmutable();
    }

    private ImmutableArray<Pair> ReadPairs(string path, int depth)
    {
        ImmutableArray<Pair>.Builder pairs = ImmutableArray.CreateBuilder<Pair>();
        Dictionary<string, Place> seen = [];
        for (ParsingEvent found = Next(); found is not MappingEnd; found = Next())
        {
            Place at = PlaceOf(found.Start);
            if (ReadNode(found, path, depth + 1, at) is not Node.Scalar { Value: { Length: > 0 } key })
            {
                _findings.Fault(at, path, "a key is not a name", "Write a plain name before the colon.");
                ReadNode(Next(), path, depth + 1, at);
                continue;
            }

            string printable = Core.PrintableText.Of(key.Length > 60 ? key[..60] : key);
            string inside = path.Length == 0 ? printable : $"{path}.{printable}";
            Node value = ReadNode(Next(), inside, depth + 1, at);
            if (seen.TryAdd(key, at))
                pairs.Add(new Pair(key, at, value));
            else
                _findings.Fault(at, inside, $"the key {Findings.Quote(key)} is there twice, first on line {seen[key].Line}", "Keep one of the two.");
        }

        return pairs.ToImmutable();
    }

    private ParsingEvent Next()
    {
        try
        {
            if (_parser.MoveNext() && _parser.Current is ParsingEvent current)
                return current;
        }
        catch (YamlException e)
        {
            throw Unreadable(PlaceOf(e.Start), "", $"this is not YAML: {Core.PrintableText.Of(e.Message).TrimEnd('.')}", "Mend the syntax here or just before.");
        }
#pragma warning disable CA1031 // The scanner is not ours: whatever it throws on hostile bytes is a fault of the file, never the end of the service.
        catch (Exception e)
        {
            Place last = _parser.Current is { } before ? PlaceOf(before.End) : new Place(1, 1);
            throw Unreadable(last, "", $"this is not YAML: the scanner gives up after this place ({e.GetType().Name})", "Mend the syntax here or after; a bracket, a brace or a quote may not be closed.");
        }
#pragma warning restore CA1031
        throw Unreadable(new Place(1, 1), "", "the file ends in the middle of a value", "Complete the file.");
    }

    private UnreadableException Unreadable(Place at, string path, string what, string fix)
    {
        _findings.Fault(at, path, what, fix);
        return new UnreadableException();
    }

    private static Place PlaceOf(Mark mark) => new(Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column));

    /// <summary>Unwinds the tree after a fault that leaves nothing to read.</summary>
    private sealed class UnreadableException : Exception;
}
