namespace Weir.Cli.Load;

/// <summary>A named load.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Users">Users, each with one connection.</param>
/// <param name="Outage">True when the tool's own Redis is killed and restarted on the way.</param>
internal sealed record Scenario(string Name, int Users, bool Outage)
{
    public static readonly Scenario Steady = new("steady", 100, Outage: false);
    public static readonly Scenario Spike = new("spike", 1_000, Outage: false);
    public static readonly Scenario RedisOutage = new("outage", 100, Outage: true);

    /// <summary>The name that stands for all three scenarios in turn.</summary>
    public const string All = "all";

    public static readonly IReadOnlyList<Scenario> Table = [Steady, Spike, RedisOutage];
}
