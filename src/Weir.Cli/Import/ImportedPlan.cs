using Weir.Server;

namespace Weir.Cli.Import;

/// <summary>The rules of a domain as limits of a plan.</summary>
internal sealed class ImportedPlan
{
    private readonly string _domain;
    private readonly List<EnvoyNode[]> _paths = [];

    public ImportedPlan(string domain, EnvoyNode root)
    {
        _domain = domain;
        Collect(root, []);
        Root = root;
    }

    private EnvoyNode Root { get; }

    /// <summary>Returns the YAML of each limit, and adds a note for everything that a limit cannot express.</summary>
    public List<string> Limits(List<string> notes)
    {
        var limits = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in _paths.Where(path => path[^1].Rule is { IsUnlimited: false }))
        {
            string rule = path[^1].Rule!.Path;
            if (ImportedLimit.WhyNot(path) is { } reason)
                notes.Add($"{rule}: left out, since {reason}");
            else if (limits.Count == Plan.MaxLimits)
                notes.Add($"{rule}: left out, since a plan has at most {Plan.MaxLimits} limits");
            else
                limits.Add(new ImportedLimit(path, ExceptionsOf(path)).Write(names, notes));
        }

        foreach (var path in _paths.Where(path => path[^1].Rule is { Replaces.Length: > 0 }))
            notes.Add($"{path[^1].Rule!.Path}: replaces is left out, since no limit replaces another one");
        if (_paths.Count == 0)
            notes.Add($"{_domain}: has no descriptors, and so no limits");
        return limits;
    }

    private void Collect(EnvoyNode node, EnvoyNode[] path)
    {
        foreach (var child in node.Children)
        {
            EnvoyNode[] below = [.. path, child];
            _paths.Add(below);
            Collect(child, below);
        }
    }

    /// <summary>Returns the values, by key, of descriptors that this rule does not match although it could.</summary>
    private Dictionary<string, List<string>> ExceptionsOf(EnvoyNode[] path)
    {
        var exceptions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var parent = Root;
        foreach (var node in path)
        {
            foreach (var other in parent.Children.Where(other => ComesFirst(other, node, parent)))
                Add(exceptions, node.Key, other.Value);
            parent = node;
        }

        var own = path.Select(node => node.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var longer in _paths.Where(other => other.Length > path.Length))
        {
            var keys = longer.Select(node => node.Key).ToList();
            // One more key is enough: a nested descriptor has the keys of its parents.
            if (own.IsSubsetOf(keys) && keys.Find(key => !own.Contains(key)) is { } more)
                Add(exceptions, more, "*");
        }

        return exceptions;
    }

    /// <summary>True if another descriptor of the same key takes some values of this one.</summary>
    private static bool ComesFirst(EnvoyNode other, EnvoyNode node, EnvoyNode parent)
    {
        bool canTake = other.Key == node.Key && other != node && other.Value.Length > 0;
        if (!canTake || (!node.IsPattern && node.Value.Length > 0))
            return false;
        if (node.Value.Length == 0)
            return true;
        bool isEarlier = parent.Children.TakeWhile(child => child != node).Contains(other);
        return other.IsPattern ? isEarlier : Condition.IsLike(other.Value, node.Value);
    }

    private static void Add(Dictionary<string, List<string>> exceptions, string key, string value)
    {
        if (!exceptions.TryGetValue(key, out var values))
            exceptions.Add(key, values = []);
        if (!values.Contains(value))
            values.Add(value);
    }
}
