using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>
/// Reads single values. Each method takes null for "not there" and returns null for that and for what is wrong; what is wrong
/// has then been told.
/// </summary>
internal sealed partial class ValueReader(Findings findings)
{
    /// <summary>Ten years: what is longer is a slip.</summary>
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(3650);

    public string? Text(Node? node, string what)
    {
        switch (node)
        {
            case null or Node.Broken:
                return null;
            case Node.Scalar { Value.Length: > 0 } scalar:
                return scalar.Value;
            default:
                findings.Fault(node, $"expected {what}, found {node.Kind}", $"Write {what}.");
                return null;
        }
    }

    /// <summary>One of a fixed set of words.</summary>
    public T? Choice<T>(Node? node, IReadOnlyDictionary<string, T> words) where T : struct
    {
        string list = string.Join(" or ", words.Keys);
        if (Text(node, list) is not string text)
            return null;
        if (words.TryGetValue(text, out T value))
            return value;
        findings.Fault(node!, $"{Findings.Quote(text)} is none of: {string.Join(", ", words.Keys)}", Suggest(text, [.. words.Keys]));
        return null;
    }

    /// <summary>A name that the file gives to something of its own: a class, a rule, an entry.</summary>
    public string? Name(Node? node)
        => Text(node, "a name") is string text && IsName(node!.At, node.Path, text) ? text : null;

    /// <summary>True for a usable own name at that place; tells what is wrong with another.</summary>
    public bool IsName(Place at, string path, string text)
    {
        bool good = OwnName().IsMatch(text);
        if (!good)
            findings.Fault(at, path, $"{Findings.Quote(text)} is not a usable name",
                "Use 1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or a digit.");
        return good;
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public long? Count(Node? node, long most, long least = 1)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}");
        if (Text(node, what) is not string text)
            return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most)
            return value;
        findings.Fault(node!, $"expected {what}, found {node!.Kind}", $"Write {what}.");
        return null;
    }

    /// <summary>A time: a whole number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>.</summary>
    public TimeSpan? Duration(Node? node) => Duration(node, LongestDuration);

    /// <summary>A time of at most so long.</summary>
    public TimeSpan? Duration(Node? node, TimeSpan longest)
    {
        const string What = "a time such as 30s, 10m, 24h or 7d";
        if (Text(node, What) is not string text)
            return null;
        long seconds = 0;
        bool read = DurationText().Match(text) is { Success: true } match
            && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out seconds);
        seconds = read && seconds <= int.MaxValue
            ? seconds * text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 86400 }
            : 0;
        if (seconds > 0 && seconds <= longest.TotalSeconds)
            return TimeSpan.FromSeconds(seconds);
        findings.Fault(node!, $"{Findings.Quote(text)} is not a time",
            string.Create(CultureInfo.InvariantCulture, $"Write {What}: a whole number greater than 0 and one unit, at most {longest.TotalDays}d."));
        return null;
    }

    /// <summary>A size in bytes: a whole number and <c>KiB</c>, <c>MiB</c>, <c>GiB</c> or <c>TiB</c>; <c>0</c> where none at all can be meant.</summary>
    public long? Size(Node? node, bool mayBeNone)
    {
        string what = mayBeNone ? "a size such as 512MiB or 4GiB, or 0 for none" : "a size such as 512MiB or 4GiB";
        if (Text(node, what) is not string text)
            return null;
        if (mayBeNone && text == "0")
            return 0;
        if (SizeText().Match(text) is { Success: true } match
            && long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && match.Groups[2].Value switch { "KiB" => 10, "MiB" => 20, "GiB" => 30, _ => 40 } is int unit
            && count > 0 && count <= LimitBounds.MostBytes >> unit)
            return count << unit;
        findings.Fault(node!, $"{Findings.Quote(text)} is not a size",
            $"Write {what}: a whole number greater than 0 and KiB, MiB, GiB or TiB, at most {LimitBounds.MostBytes >> 40}TiB.");
        return null;
    }

    /// <summary>The items of a list; none, after telling so, for anything else.</summary>
    public ImmutableArray<Node> Items(Node? node, string of)
    {
        switch (node)
        {
            case null or Node.Broken:
                return [];
            case Node.Sequence list:
                return list.Items;
            default:
                findings.Fault(node, $"expected a list of {of}, found {node.Kind}", $"Write a list: [ … ], or one line '- …' for each of the {of}.");
                return [];
        }
    }

    /// <summary>The items of a list that may not be empty.</summary>
    public ImmutableArray<Node> SomeItems(Node? node, string of)
    {
        if (node is Node.Sequence { Items.Length: 0 })
            findings.Fault(node, "the list is empty", $"Name at least one of the {of}.");
        return Items(node, of);
    }

    /// <summary>An absolute path without <c>..</c>, doubled slashes or a slash at its end.</summary>
    public string? AbsolutePath(Node? node)
    {
        if (Text(node, "an absolute path") is not string text)
            return null;
        if (IsPlainPath(text))
            return text;
        findings.Fault(node!, $"{Findings.Quote(text)} is not a plain absolute path",
            "Begin with '/', name a directory or file below the root, without '.', '..', '//' or a '/' at the end.");
        return null;
    }

    /// <summary>A list of absolute paths, none twice.</summary>
    public ImmutableArray<string> Paths(Node? node) => Distinct(Items(node, "absolute paths"), AbsolutePath);

    /// <summary>What <paramref name="read"/> makes of each item; tells of an item that is there twice.</summary>
    public ImmutableArray<T> Distinct<T>(ImmutableArray<Node> items, Func<Node, T?> read) where T : class
    {
        OrderedDictionary<T, Node> values = [];
        foreach (Node item in items)
            if (read(item) is T value && !values.TryAdd(value, item))
                Twice(item);
        return [.. values.Keys];
    }

    /// <summary>As <see cref="Distinct{T}(ImmutableArray{Node}, Func{Node, T})"/>, for values.</summary>
    public ImmutableArray<T> DistinctValues<T>(ImmutableArray<Node> items, Func<Node, T?> read) where T : struct
    {
        OrderedDictionary<T, Node> values = [];
        foreach (Node item in items)
            if (read(item) is T value && !values.TryAdd(value, item))
                Twice(item);
        return [.. values.Keys];
    }

    internal static bool IsPlainPath(string text)
        => text.Length is > 1 and <= 4095 && text[0] == '/' && !text.Contains('\n', StringComparison.Ordinal)
            && text[1..].Split('/').All(part => part is not ("" or "." or ".."));

    private void Twice(Node item) => findings.Fault(item, $"{Findings.Quote(((Node.Scalar)item).Value)} is in the list twice", "Keep it once.");

    private static string Suggest(string written, string[] words)
        => NearestName.Of(written, words) is string near ? $"Did you mean '{near}'?" : $"Write {string.Join(" or ", words)}.";

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex OwnName();

    [GeneratedRegex(@"^([0-9]{1,10})[smhd]\z")]
    private static partial Regex DurationText();

    [GeneratedRegex(@"^([0-9]{1,19})(KiB|MiB|GiB|TiB)\z")]
    private static partial Regex SizeText();
}
