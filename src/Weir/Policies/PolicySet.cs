using System.Collections.Frozen;

namespace Weir;

/// <summary>Every plan and tenant, compiled: immutable, so that a request works on one snapshot from beginning to end.</summary>
public sealed class PolicySet : IPolicySource
{
    private readonly FrozenDictionary<string, Plan> _tenants;

    /// <summary>Makes a set.</summary>
    /// <param name="plans">All plans by name.</param>
    /// <param name="defaultPlan">The plan of tenants that are not listed.</param>
    /// <param name="tenants">The plan of each listed tenant, its overrides merged in.</param>
    public PolicySet(IReadOnlyCollection<Plan> plans, Plan defaultPlan, IReadOnlyDictionary<string, Plan> tenants)
    {
        Plans = plans;
        DefaultPlan = defaultPlan;
        _tenants = tenants.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    PolicySet IPolicySource.Current => this;

    /// <summary>All plans of the document, without any tenant's overrides.</summary>
    public IReadOnlyCollection<Plan> Plans { get; }

    /// <summary>The plan of every tenant that is not listed.</summary>
    public Plan DefaultPlan { get; }

    /// <summary>The listed tenants.</summary>
    public IReadOnlyCollection<string> Tenants => _tenants.Keys;

    /// <summary>The plan of a tenant, with the tenant's overrides.</summary>
    public Plan PlanOf(string tenant) => _tenants.GetValueOrDefault(tenant, DefaultPlan);

    /// <summary>The limits that apply to a request. Pure, and without allocation.</summary>
    public LimitSet Resolve(in RequestFacts facts)
    {
        bool listed = _tenants.TryGetValue(facts.Tenant, out var plan);
        return (plan ?? DefaultPlan).Resolve(facts) with { TenantIsListed = listed };
    }
}
