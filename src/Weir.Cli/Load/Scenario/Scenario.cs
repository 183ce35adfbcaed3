namespace Weir.Cli.Load;

internal sealed record Scenario(string Name, int Users, bool Outage)
{
    public static readonly Scenario Steady = new("steady", 100, Outage: false);
    public static readonly Scenario Spike = new("spike", 1_000, Outage: false);
    public static readonly Scenario RedisOutage = new("outage", 100, Outage: true);

    public const string All = "all";

    public static readonly IReadOnlyList<Scenario> Table = [Steady, Spike, RedisOutage];
}
