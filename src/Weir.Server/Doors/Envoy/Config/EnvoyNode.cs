namespace Weir.Server;

/// <summary>A configured descriptor, or a domain, with its nested descriptors by key.</summary>
internal sealed class EnvoyNode
{
    private Dictionary<string, EnvoyValues>? _keys;
    private List<EnvoyNode>? _children;

    /// <summary>Key; empty for a domain.</summary>
    public string Key { get; init; } = "";

    /// <summary>Value or pattern; empty for a descriptor that matches any value.</summary>
    public string Value { get; init; } = "";

    /// <summary>The rule; null for a descriptor without a limit.</summary>
    public EnvoyRule? Rule { get; init; }

    /// <summary>True if the metric's name has the request's value.</summary>
    public bool HasValueInMetric { get; init; }

    /// <summary>True if all values that match the pattern share one counter.</summary>
    public bool IsShared { get; init; }

    /// <summary>True if the value is a pattern.</summary>
    public bool IsPattern => Value.Contains('*');

    /// <summary>Line in its file, from 1.</summary>
    public int Line { get; init; }

    /// <summary>Column in its file, from 1.</summary>
    public int Column { get; init; }

    /// <summary>Nested descriptors in the file's order.</summary>
    public IReadOnlyList<EnvoyNode> Children => _children ?? [];

    /// <summary>Returns the nested descriptor of the same key and value; null for none.</summary>
    public EnvoyNode? Twin(EnvoyNode child) => _keys?.GetValueOrDefault(child.Key)?.Exact(child.Value);

    public void Add(EnvoyNode child)
    {
        (_children ??= []).Add(child);
        _keys ??= new Dictionary<string, EnvoyValues>(StringComparer.Ordinal);
        if (!_keys.TryGetValue(child.Key, out var values))
            _keys.Add(child.Key, values = new EnvoyValues());
        values.Add(child);
    }

    /// <summary>Finds an exact value first, then the first pattern that matches, then the key alone.</summary>
    public EnvoyNode? Find(in EnvoyEntry entry) => _keys?.GetValueOrDefault(entry.Key)?.Find(entry.Value);

    private sealed class EnvoyValues
    {
        private readonly Dictionary<string, EnvoyNode> _exact = new(StringComparer.Ordinal);
        private readonly List<EnvoyNode> _patterns = [];

        public EnvoyNode? Exact(string value) => _exact.GetValueOrDefault(value);

        public void Add(EnvoyNode node)
        {
            _exact.Add(node.Value, node);
            if (node.IsPattern)
                _patterns.Add(node);
        }

        // An empty value in the configuration stands for any, so an empty value of a request is not exact.
        public EnvoyNode? Find(string value)
        {
            if (value.Length > 0 && _exact.TryGetValue(value, out var exact))
                return exact;
            foreach (var node in _patterns)
            {
                if (Condition.IsLike(value, node.Value))
                    return node;
            }

            return _exact.GetValueOrDefault("");
        }
    }
}
