using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The live texts of all tenants, including texts that do not fit the current document: a later one may suit them.
/// </summary>
internal sealed class LiveTenants
{
    private readonly Dictionary<string, TenantLayers> _layers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _boosted = new(StringComparer.Ordinal);
    private readonly Deadlines _changes = new();
    private readonly Deadlines _boosts = new();

    /// <summary>When the next tenant changes by itself.</summary>
    public DateTimeOffset? Next => _changes.Next;

    public TenantLayers this[string tenant] => _layers.GetValueOrDefault(tenant, TenantLayers.None);

    public IReadOnlyCollection<string> Names => _layers.Keys;

    /// <summary>The tenants that time may change.</summary>
    public IEnumerable<string> Ending => _layers.Where(tenant => tenant.Value.MayEnd).Select(tenant => tenant.Key);

    public bool IsBoosted(string tenant) => _boosted.Contains(tenant);

    /// <summary>Tenants whose plan has ended by a time.</summary>
    public List<string> ChangedBy(DateTimeOffset time) => [.. _changes.EndedBy(time)];

    /// <summary>Tenants whose boost has ended by a time and is still stored.</summary>
    public IEnumerable<string> BoostsEndedBy(DateTimeOffset time) => _boosts.EndedBy(time);

    /// <summary>Remembers a text, or a boost, of a tenant; null forgets it.</summary>
    public void Set(string kind, string tenant, string? value)
    {
        ref var layers = ref CollectionsMarshal.GetValueRefOrAddDefault(_layers, tenant, out _);
        layers ??= TenantLayers.None;
        layers = kind == LiveKind.Boost ? layers with { Boost = value } : layers with { Text = value };
    }

    /// <summary>
    /// The plans of some tenants under the document that decides; null where the document's own holds. What does not
    /// fit is added to the errors.
    /// </summary>
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

    /// <summary>The plans of all tenants under a document: those given, and of all others a pending one.</summary>
    /// <param name="document">The document.</param>
    /// <param name="plans">The plans of tenants that time may change (<see cref="Ending"/>).</param>
    public IEnumerable<KeyValuePair<string, object?>> Lay(PolicySet document, Dictionary<string, object?> plans) =>
        _layers.Select(tenant => KeyValuePair.Create(tenant.Key, plans.TryGetValue(tenant.Key, out object? plan) ? plan : PendingOf(document, tenant.Value)));

    private static PendingPlan<string> PendingOf(PolicySet document, TenantLayers layers) => new(tenant =>
    {
        // It has no end, so that any time will do.
        var compiled = layers.Compile(document, tenant, DateTimeOffset.MinValue);
        return (compiled.Plan, compiled.Errors);
    });

    /// <summary>The same under a document that does not decide: it changes nothing here.</summary>
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

    /// <summary>Forgets those of whom there is nothing any more.</summary>
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

    /// <summary>The error of a live text as one of the document that it does not fit: that has no such line.</summary>
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
