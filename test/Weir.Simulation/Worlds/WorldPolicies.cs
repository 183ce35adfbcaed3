namespace Weir.Simulation.Worlds;

/// <summary>The policies of a world: one plan for all of its tenants, which may change.</summary>
internal sealed class WorldPolicies(Plan plan, IEnumerable<string> tenants) : IPolicySource
{
    private readonly string[] _tenants = [.. tenants];

    /// <inheritdoc/>
    public PolicySet Current { get; private set; } = SetOf(plan, tenants);

    /// <summary>Another plan takes effect.</summary>
    public void Change(Plan plan) => Current = SetOf(plan, _tenants);

    private static PolicySet SetOf(Plan plan, IEnumerable<string> tenants) =>
        new([plan], plan, tenants.ToDictionary(tenant => tenant, _ => plan));
}
