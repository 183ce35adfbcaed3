namespace Weir.Server;

/// <summary>A request with the rules and counters of its descriptors.</summary>
internal sealed class EnvoyRequest
{
    private readonly Dictionary<(EnvoyUnit Unit, string Text), EnvoyCounter> _counters = [];

    private EnvoyRequest(string domain, int descriptors)
    {
        Domain = domain;
        Tenant = EnvoyTenant.Of(domain);
        Parts = new EnvoyPart[descriptors];
    }

    public string Domain { get; }

    public string Tenant { get; }

    /// <summary>A part per descriptor, in order.</summary>
    public EnvoyPart[] Parts { get; }

    /// <summary>The counters, each once.</summary>
    public List<EnvoyCounter> Counters { get; } = [];

    /// <summary>Matches the descriptors, drops replaced rules, and gathers the counters.</summary>
    public static EnvoyRequest? Of(
        EnvoyConfig config, string domain, IReadOnlyList<EnvoyDescriptor> descriptors, uint hits,
        out Complaint? complaint)
    {
        complaint = domain.Length == 0 ? new("domain", "domain is empty: send the name of a domain")
            : descriptors.Count == 0 ? new("descriptors", "descriptors is empty: send at least one descriptor")
            : null;
        if (complaint is not null)
            return null;
        var request = new EnvoyRequest(domain, descriptors.Count);
        for (int i = 0; i < descriptors.Count && complaint is null; i++)
            complaint = request.Match(config, descriptors[i], Math.Max(1, hits), i);
        if (complaint is not null)
            return null;
        request.DropReplaced();
        request.Count();
        return request;
    }

    private Complaint? Match(EnvoyConfig config, EnvoyDescriptor descriptor, uint hits, int i)
    {
        ulong own = descriptor.Hits ?? hits;
        if (own > Bounds.MaxCost)
        {
            string field = descriptor.Hits is null ? "hits_addend" : $"descriptors[{i}].hits_addend";
            return new(field, $"{field} must be a whole number from 0 to {Bounds.MaxCost}; it was {own}");
        }

        // The reference implementation ignores the own limits of descriptors in unknown domains, too.
        if (descriptor.Limit is not { } limit || !config.Domains.ContainsKey(Domain))
            Parts[i] = EnvoyPart.Of(config.Match(Domain, descriptor.Entries), (long)own);
        else if (limit.Unit == EnvoyUnit.Unknown || !Enum.IsDefined(limit.Unit))
            return new($"descriptors[{i}].limit.unit", $"descriptors[{i}].limit.unit is unknown: send SECOND to WEEK");
        else
            Parts[i] = EnvoyPart.Of(Domain, descriptor.Entries, limit, (long)own);
        return null;
    }

    /// <summary>Drops the rules that other rules of this request replace. They count nothing.</summary>
    private void DropReplaced()
    {
        HashSet<string>? replaced = null;
        foreach (var part in Parts)
        {
            foreach (string name in part.Rule?.Replaces ?? [])
                (replaced ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
        }

        if (replaced is null)
            return;
        for (int i = 0; i < Parts.Length; i++)
        {
            if (Parts[i].Rule is { IsUnlimited: false } rule && replaced.Contains(rule.Name))
                Parts[i] = EnvoyPart.None;
        }
    }

    private void Count()
    {
        foreach (var part in Parts)
        {
            if (part.Limit is not { } limit)
                continue;
            var key = (limit.Unit, EnvoyCounter.TextOf(part.Entries));
            if (!_counters.TryGetValue(key, out var counter))
            {
                counter = new EnvoyCounter(key.Item2, limit);
                _counters.Add(key, counter);
                Counters.Add(counter);
            }

            counter.Add(limit, part.Hits, part.IsShadow, part.IsQuota);
            part.Counter = counter;
        }
    }
}
