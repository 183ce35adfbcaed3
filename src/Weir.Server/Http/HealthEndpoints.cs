using Weir.Redis;

namespace Weir.Server;

internal sealed class HealthEndpoints(Stores stores, PolicyFileStatus policyFile, Draining draining)
{
    public static Task Live(HttpContext http) =>
        Problems.Write(http, StatusCodes.Status200OK, new LiveBody("live"), WireJson.Default.LiveBody, "application/json");

    public Task Ready(HttpContext http) => Problems.Write(
        http, draining.HasBegun ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK, Describe(),
            WireJson.Default.ReadyBody, "application/json");

    public string Status() => stores.Failover is not { } failover ? "It decides from memory: this instance alone."
        : failover.State == BreakerState.Closed ? "It decides on Redis, with all instances together."
        : failover.Outages is [{ Shard: { } shard }, ..] ? $"Redis at {shard} does not answer; its buckets are decided from memory until it does."
        : "Redis does not answer; it decides from memory until Redis does.";

    private NodeProblemBody[]? ProblemsOfRedis()
    {
        var problems = stores.Redis?.Problems ?? [];
        return problems.Count == 0 ? null : [.. problems.Select(problem => new NodeProblemBody(problem.Node, problem.Kind, problem.Text))];
    }

    private FleetBody? Fleet()
    {
        var (differences, prefixes) = (stores.Redis?.Differences ?? [], stores.Prefixes?.Others ?? []);
        return differences.Count + prefixes.Count == 0 ? null : new FleetBody(
            differences.Count == 0,
            differences.Count == 0 ? null : [.. differences.Select(BodyOf)],
            prefixes.Count == 0 ? null : prefixes);
    }

    private ReadyBody Describe()
    {
        string status = draining.HasBegun ? "stopping" : "ready";
        if (stores.Failover is not { } failover)
        {
            return new ReadyBody(
                status, "memory", "memory", Degraded: false, null, null, null, null, null, BodyOf(policyFile));
        }

        var state = failover.State;
        IReadOnlyList<Outage> outages = state == BreakerState.Closed ? [] : failover.Outages;
        return new ReadyBody(
            status,
            "redis",
            Spelling.Of(failover.Source),
            state != BreakerState.Closed,
            Spelling.Of(state),
            outages.Count == 0 ? null : BodyOf(outages[0]),
            outages.Count == 0 || outages[0].Shard is null ? null : [.. outages.Select(BodyOf)],
            ProblemsOfRedis(),
            Fleet(),
            BodyOf(policyFile));
    }

    private static PolicyFileBody BodyOf(PolicyFileStatus file) => new(file.WhyNot is null, file.WhyNot);

    private static SettingDifferenceBody BodyOf(SettingDifference one) => new(one.Setting, one.Here, one.Fleet);

    private static OutageBody BodyOf(Outage outage) => new(Spelling.Of(outage.Fault), outage.BeganAt, outage.Shard);
}
