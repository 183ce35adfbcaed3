using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Live overrides of all tenants as texts. Keeps rejected texts: a later document may accept them.</summary>
internal sealed class LiveTenants
{
    private readonly Dictionary<string, TenantLayers> _layers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _boosted = new(StringComparer.Ordinal);
    private readonly Deadlines _changes = new();
    private readonly Deadlines _boosts = new();

    public DateTimeOffset? Next => _changes.Next;

    public TenantLayers this[string tenant] => _layers.GetValueOrDefault(tenant, TenantLayers.None);

    public IReadOnlyCollection<string> Names => _layers.Keys;

    public IEnumerable<string> Ending => _layers.Where(tenant => tenant.Value.MayEnd).Select(tenant => tenant.Key);

    public bool IsBoosted(string tenant) => _boosted.Contains(tenant);

    public List<string> ChangedBy(DateTimeOffset time) => [.. _changes.EndedBy(time)];

    public IEnumerable<string> BoostsEndedBy(DateTimeOffset time) => _boosts.EndedBy(time);

    public void Set(string kind, string tenant, string? value)
    {
        ref var layers = ref CollectionsMarshal.GetValueRefOrAddDefault(_layers, tenant, out _);
        layers ??= TenantLayers.None;
        layers = kind == LiveKind.Boost ? layers with { Boost = value } : layers with { Text = value };
    }

    // Compiles tenants' plans over the current document. A null plan stands for the document's own plan.
    public Dictionary<string, object?> Compile(PolicySet document, IEnumerable<string> tenants, DateTimeOffset now, List<PolicyError> errors)
    {
        var plans = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (string tenant in tenants)
        {
            var compiled = this[tenant].Compile(document, tenant, now);
            plans[tenant] = compiled.Plan;
            _changes.Set(tenant, compiled.Next);
            _boosts.Set(tenant, compiled.BoostEnds);
            if (compiled.IsBoosted)
                _boosted.Add(tenant);
            else
                _boosted.Remove(tenant);
            Report(compiled, errors);
        }

        return plans;
    }

    public IEnumerable<KeyValuePair<string, object?>> Lay(PolicySet document, Dictionary<string, object?> plans) =>
        _layers.Select(tenant => KeyValuePair.Create(tenant.Key, plans.TryGetValue(tenant.Key, out object? plan) ? plan : PendingOf(document, tenant.Value)));

    private static PendingPlan<string> PendingOf(PolicySet document, TenantLayers layers) => new(tenant =>
    {
        // Any time gives the same plan, because a pending text has no end.
        var compiled = layers.Compile(document, tenant, DateTimeOffset.MinValue);
        return (compiled.Plan, compiled.Errors);
    });

    // Compiles tenants' plans over another document. Leaves ends and boosts of this object unchanged.
    public Dictionary<string, object?> Try(PolicySet document, IEnumerable<string> tenants, DateTimeOffset now, List<PolicyError> errors)
    {
        var plans = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (string tenant in tenants)
        {
            var compiled = this[tenant].Compile(document, tenant, now);
            plans[tenant] = compiled.Plan;
            Report(compiled with { Errors = [.. compiled.Errors.Select(error => OfDocument(error, tenant))] }, errors);
        }

        return plans;
    }

    public void Tidy(IEnumerable<string> tenants)
    {
        foreach (string tenant in tenants)
        {
            if (this[tenant] == TenantLayers.None)
                _layers.Remove(tenant);
        }
    }

    public void Clear()
    {
        _layers.Clear();
        _boosted.Clear();
        _changes.Clear();
        _boosts.Clear();
    }

    /// <summary>Turns an error in a live text into an error of the document, without line and column.</summary>
    private static PolicyError OfDocument(PolicyError error, string tenant) => error with
    {
        Line = 0,
        Column = 0,
        Path = error.Path.Length > 0 ? $"{DocumentKeys.Tenants}.{tenant}.{error.Path}" : $"{DocumentKeys.Tenants}.{tenant}",
        Message = $"{error.Source} is live data, under which this document must hold: {error.Message}; mend the document, or change the tenant by /admin/tenants/{tenant}",
    };

    private static void Report(CompiledTenant compiled, List<PolicyError> errors) =>
        errors.AddRange(compiled.Errors.Take(DocumentErrors.MaxReported - errors.Count));
}
