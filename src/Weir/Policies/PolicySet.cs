using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Weir;

/// <summary>Immutable snapshot of all compiled plans and tenants. A request uses one snapshot.</summary>
public sealed class PolicySet : IPolicySource
{
    private readonly FrozenDictionary<string, Plan> _tenants;

    /// <summary>Creates a set. The tenants' plans must include the overrides of the tenants.</summary>
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

    PolicySet IPolicySource.Current => this;

    /// <summary>Plans of the document, without overrides of tenants.</summary>
    public IReadOnlyCollection<Plan> Plans { get; }

    /// <summary>Plan of every tenant that the policies do not name.</summary>
    public Plan DefaultPlan { get; }

    /// <summary>Names of the tenants in the document.</summary>
    public IReadOnlyCollection<string> Tenants => _tenants.Keys;

    /// <summary>Returns whether a live override changes a tenant's plan.</summary>
    public bool IsLive(string tenant) => Live.TryGet(tenant, out _);

    /// <summary>Returns whether the document names a tenant.</summary>
    public bool IsInDocument(string tenant) => _tenants.ContainsKey(tenant);

    /// <summary>Compiles live overrides over the same document; null if the set was not read from a document.</summary>
    internal PolicyCompiler? Compiler { get; init; }

    /// <summary>Live plans by tenant. Successive sets share most of this map, so that a change costs little.</summary>
    internal LivePlans<string> Live { get; private init; } = LivePlans<string>.None;

    /// <summary>Live plans by tenant and stored name of the key.</summary>
    internal LivePlans<(string Tenant, string Key)> LiveKeys { get; private init; } = LivePlans<(string, string)>.None;

    /// <summary>Hashes a request's key to look up its live plan; null if keys are stored as plain text.</summary>
    internal KeyHash? Privacy { get; private init; }

    internal ImmutableDictionary<(string Tenant, string Key), Block> Blocks { get; private init; } = ImmutableDictionary<(string, string), Block>.Empty;

    /// <summary>Returns the plan of a tenant, with its overrides.</summary>
    public Plan PlanOf(string tenant) => PlanOf(tenant, out _);

    /// <summary>Returns the limits of the tenant's or key's plan that apply to a request.</summary>
    public LimitSet Resolve(in RequestFacts facts)
    {
        var plan = PlanOf(facts, out bool listed);
        return new LimitSet(facts, plan, plan.Applying(facts, out uint lacking), listed, holder: null) { Lacking = lacking };
    }

    internal bool HasBlocks => Blocks.Count > 0;

    /// <summary>Returns the block of a tenant's key by the key's stored name; null if the key is not blocked.</summary>
    public Block? BlockOf(string tenant, string name) => Blocks.GetValueOrDefault((tenant, name));

    /// <summary>Returns the block with an id (<see cref="KeyId"/>); null if there is none.</summary>
    public Block? BlockOf(string id) => KeyId.Read(id) is { } names ? Blocks.GetValueOrDefault(names) : null;

    internal PolicySet With(
        LivePlans<string> live, LivePlans<(string Tenant, string Key)> keys, ImmutableDictionary<(string Tenant, string Key), Block> blocks, KeyHash? privacy) =>
        new(Plans, DefaultPlan, _tenants) { Compiler = Compiler, Live = live, LiveKeys = keys, Blocks = blocks, Privacy = privacy };

    internal Plan PlanOf(in RequestFacts facts, out bool listed)
    {
        var plan = PlanOf(facts.Tenant, out listed);
        if (LiveKeys.Count > 0 && LiveKeys.TryGet((facts.Tenant, Privacy?.Of(facts.Key) ?? facts.Key), out var live))
            return live;
        return plan.Keys.Count > 0 && plan.Keys.TryGetValue(facts.Key, out var own) ? own : plan;
    }

    internal Plan PlanOf(string tenant, out bool listed)
    {
        listed = true;
        if (Live.Count > 0 && Live.TryGet(tenant, out var plan))
            return plan;
        listed = _tenants.TryGetValue(tenant, out plan);
        return plan ?? DefaultPlan;
    }
}
