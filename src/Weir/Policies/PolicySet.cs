using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Weir;

/// <summary>
/// Every plan and tenant, compiled: immutable, so that a request works on one snapshot from beginning to end.
/// </summary>
public sealed class PolicySet : IPolicySource
{
    private readonly FrozenDictionary<string, Plan> _tenants;

    /// <summary>Makes a set.</summary>
    /// <param name="plans">All plans by name.</param>
    /// <param name="defaultPlan">The plan of tenants that are not listed.</param>
    /// <param name="tenants">The plan of each listed tenant, its overrides merged in.</param>
    public PolicySet(IReadOnlyCollection<Plan> plans, Plan defaultPlan, IReadOnlyDictionary<string, Plan> tenants)
        : this(plans, defaultPlan, tenants.ToFrozenDictionary(StringComparer.Ordinal))
    {
    }

    private PolicySet(IReadOnlyCollection<Plan> plans, Plan defaultPlan, FrozenDictionary<string, Plan> tenants)
    {
        Plans = plans;
        DefaultPlan = defaultPlan;
        _tenants = tenants;
    }

    /// <inheritdoc/>
    PolicySet IPolicySource.Current => this;

    /// <summary>All plans of the document, without any tenant's overrides.</summary>
    public IReadOnlyCollection<Plan> Plans { get; }

    /// <summary>The plan of every tenant that is not listed.</summary>
    public Plan DefaultPlan { get; }

    /// <summary>The tenants of the document.</summary>
    public IReadOnlyCollection<string> Tenants => _tenants.Keys;

    /// <summary>Whether a tenant differs from the document by live data.</summary>
    public bool IsLive(string tenant) => Live.TryGet(tenant, out _);

    /// <summary>Whether the document names a tenant.</summary>
    public bool IsInDocument(string tenant) => _tenants.ContainsKey(tenant);

    /// <summary>
    /// Compiles further tenants against the same plans; null for a set that was not read from a document.
    /// </summary>
    internal PolicyCompiler? Compiler { get; init; }

    /// <summary>
    /// Plans of tenants that take the place of those of the document. Shared from set to set, so that a change of one
    /// costs no more than that one.
    /// </summary>
    internal LivePlans<string> Live { get; private init; } = LivePlans<string>.None;

    /// <summary>
    /// Plans of keys that live data gives other numbers than their tenant's. Each key is named as it is stored.
    /// </summary>
    internal LivePlans<(string Tenant, string Key)> LiveKeys { get; private init; } = LivePlans<(string, string)>.None;

    /// <summary>Hashes keys before they are compared with stored ones. Null compares them as they are.</summary>
    internal KeyHash? Privacy { get; private init; }

    /// <summary>Keys that are refused.</summary>
    internal ImmutableDictionary<(string Tenant, string Key), Block> Blocks { get; private init; } = ImmutableDictionary<(string, string), Block>.Empty;

    /// <summary>The plan of a tenant, with the tenant's overrides.</summary>
    public Plan PlanOf(string tenant) => PlanOf(tenant, out _);

    /// <summary>The limits that apply to a request. Pure, and without allocation.</summary>
    public LimitSet Resolve(in RequestFacts facts)
    {
        var plan = PlanOf(facts, out bool listed);
        return new LimitSet(facts, plan, plan.Applying(facts, out uint lacking), listed, holder: null) { Lacking = lacking };
    }

    /// <summary>Whether any key is refused.</summary>
    internal bool HasBlocks => Blocks.Count > 0;

    /// <summary>The block of a key, or null when there is none.</summary>
    /// <param name="tenant">Whose key.</param>
    /// <param name="name">What the key is called where it is kept.</param>
    public Block? BlockOf(string tenant, string name) => Blocks.GetValueOrDefault((tenant, name));

    /// <summary>The block of an id (<see cref="KeyId"/>), or null when there is none.</summary>
    public Block? BlockOf(string id) => KeyId.Read(id) is { } names ? Blocks.GetValueOrDefault(names) : null;

    /// <summary>The same with other live data.</summary>
    internal PolicySet With(
        LivePlans<string> live, LivePlans<(string Tenant, string Key)> keys, ImmutableDictionary<(string Tenant, string Key), Block> blocks, KeyHash? privacy) =>
        new(Plans, DefaultPlan, _tenants) { Compiler = Compiler, Live = live, LiveKeys = keys, Blocks = blocks, Privacy = privacy };

    /// <summary>
    /// The plan of a request, with the overrides of its tenant and key, and whether the tenant is named.
    /// </summary>
    internal Plan PlanOf(in RequestFacts facts, out bool listed)
    {
        var plan = PlanOf(facts.Tenant, out listed);
        if (LiveKeys.Count > 0 && LiveKeys.TryGet((facts.Tenant, Privacy?.Of(facts.Key) ?? facts.Key), out var live))
            return live;
        return plan.Keys.Count > 0 && plan.Keys.TryGetValue(facts.Key, out var own) ? own : plan;
    }

    /// <summary>The plan of a tenant, and whether the document or live data name the tenant.</summary>
    internal Plan PlanOf(string tenant, out bool listed)
    {
        listed = true;
        if (Live.Count > 0 && Live.TryGet(tenant, out var plan))
            return plan;
        listed = _tenants.TryGetValue(tenant, out plan);
        return plan ?? DefaultPlan;
    }
}
