namespace Isolation.Policy;

/// <summary>
/// Reads one mapping key by key. What was asked for is what is known: <see cref="Done"/> tells of every other key.
/// </summary>
internal sealed class MapReader
{
    private readonly Node.Mapping? _map;
    private readonly Findings _findings;
    private readonly List<string> _known = [];

    private MapReader(Node.Mapping? map, Findings findings) => (_map, _findings) = (map, findings);

    /// <summary>A reader of <paramref name="node"/>; of nothing, after telling so, when it is no mapping.</summary>
    public static MapReader Of(Node? node, Findings findings, string fix)
    {
        if (node is not (null or Node.Mapping or Node.Broken))
            findings.Fault(node, $"expected a block of keys, found {node.Kind}", fix);
        return new MapReader(node as Node.Mapping, findings);
    }

    /// <summary>False when there is nothing to read, and whatever is wrong was told already.</summary>
    public bool Exists => _map is not null;

    /// <summary>The value, or null when the key is not there.</summary>
    public Node? Optional(string key) => Find(key)?.Value;

    /// <summary>The key and its value, or null.</summary>
    public Pair? Find(string key)
    {
        _known.Add(key);
        return _map?.Pairs.FirstOrDefault(p => p.Key == key);
    }

    /// <summary>The value; null, after telling that it is missing, when the key is not there.</summary>
    public Node? Required(string key, string fix)
    {
        Node? value = Optional(key);
        if (value is null && _map is not null)
            _findings.Fault(_map, $"the key '{key}' is missing", fix);
        return value;
    }

    /// <summary>Tells of every key that nobody asked for.</summary>
    public void Done()
    {
        if (_map is null)
            return;
        foreach (Pair pair in _map.Pairs.Where(p => !_known.Contains(p.Key)))
            _findings.Fault(pair.KeyAt, pair.Value.Path, $"unknown key {Findings.Quote(pair.Key)}", NearestName.Suggest(pair.Key, _known));
    }
}
