namespace Weir.Simulation.Worlds;

/// <summary>The policies of a world: one plan for its one tenant, which may change.</summary>
internal sealed class WorldPolicies(Plan plan) : IPolicySource
{
    /// <summary>The one tenant.</summary>
    public const string Tenant = "t";

    /// <inheritdoc/>
    public PolicySet Current { get; private set; } = SetOf(plan);

    /// <summary>Another plan takes effect.</summary>
    public void Change(Plan plan) => Current = SetOf(plan);

    private static PolicySet SetOf(Plan plan) => new([plan], plan, new Dictionary<string, Plan> { [Tenant] = plan });
}
