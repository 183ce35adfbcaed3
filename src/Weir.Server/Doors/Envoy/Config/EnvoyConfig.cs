using System.Text;

namespace Weir.Server;

/// <summary>Envoy's configuration of rate limits. Does not change once it is loaded.</summary>
internal sealed class EnvoyConfig(IReadOnlyDictionary<string, EnvoyNode> domains)
{
    /// <summary>Configured descriptors by domain.</summary>
    public IReadOnlyDictionary<string, EnvoyNode> Domains { get; } = domains;

    /// <summary>Returns the rule whose path matches the entries of a descriptor, one level per entry.</summary>
    /// <returns>Null for an unknown domain, or if no rule has exactly these keys.</returns>
    public EnvoyMatch? Match(string domain, IReadOnlyList<EnvoyEntry> entries)
    {
        if (!Domains.TryGetValue(domain, out var node))
            return null;
        bool isShared = false, hasValues = false;
        for (int i = 0; i < entries.Count; i++)
        {
            if (node.Find(entries[i]) is not { } next)
                return null;
            node = next;
            isShared |= next.IsShared;
            hasValues |= next.HasValueInMetric;
        }

        if (node.Rule is not { } rule)
            return null;
        return isShared || hasValues || rule.IsDetailed
            ? Special(domain, entries, rule)
            : new EnvoyMatch(rule, entries, rule.Path);
    }

    /// <summary>Returns a match whose counter has shared values, or whose metric has values of the request.</summary>
    private EnvoyMatch Special(string domain, IReadOnlyList<EnvoyEntry> entries, EnvoyRule rule)
    {
        var counter = new EnvoyEntry[entries.Count];
        var metric = new StringBuilder(domain);
        var node = Domains[domain];
        for (int i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            node = node.Find(entry)!;
            counter[i] = node.IsShared ? entry with { Value = node.Value } : entry;
            string value = node.IsShared ? node.Value
                : rule.IsDetailed || node.HasValueInMetric ? entry.Value
                : node.Value;
            Append(metric, entry.Key, value);
        }

        return new EnvoyMatch(rule, counter, metric.ToString());
    }

    /// <summary>Returns a name as the reference implementation spells it: <c>domain.key_value.key</c>.</summary>
    public static string NameOf(string domain, IEnumerable<EnvoyEntry> entries)
    {
        var name = new StringBuilder(domain);
        foreach (var (key, value) in entries)
            Append(name, key, value);
        return name.ToString();
    }

    private static void Append(StringBuilder name, string key, string value)
    {
        name.Append('.').Append(key);
        if (value.Length > 0)
            name.Append('_').Append(value);
    }
}
