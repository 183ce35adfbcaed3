using Weir.Redis.Tests.Topologies;
using Weir.Testing;

namespace Weir.Redis.Tests.Partitions;

/// <summary>One tenant over the three nodes of a cluster.</summary>
[Collection(nameof(OnOneCluster))]
public sealed class PartitionedClusterTests(SharedCluster shared)
{
    private readonly string _tenant = $"part{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task The_keys_of_one_tenant_are_spread_over_all_nodes()
    {
        await using var one = await Split.OpenAsync(shared);
        const int Keys = 3_000;
        foreach (var some in Enumerable.Range(0, Keys).Chunk(500))
        {
            var decisions = await Task.WhenAll(some.Select(i => one.Limiter.TakeAsync(Split.Request(_tenant, $"key{i}")).AsTask()));
            Assert.All(decisions, decision => Assert.Equal((true, DecisionSource.Redis), (decision.Allowed, decision.Source)));
        }

        int[] held = await KeysOfNodesAsync();
        Assert.Equal(Keys, held.Sum());
        Assert.InRange(held.Max(), Keys / 3, Keys * 2 / 5);
    }

    [Fact]
    public async Task A_request_of_several_partitions_takes_of_all_its_limits()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "a", "1.2.3.4", "gpt", tokens: 500);
        var decision = await one.Limiter.TakeAsync(request);

        Assert.True(decision.Allowed);
        Assert.Equal("streams", decision.Limit!.Name);
        Assert.Equal(["per-key", "per-ip", "monthly", "streams"], decision.Limits().Select(line => line.Limit.Name));
        Assert.Equal([999, 9, 99_500, 3], decision.Limits().Select(line => line.Remaining));
        var left = await one.LeftAsync(request);
        Assert.Equal([999, 9, 99_500, 3], left.Values);
    }

    [Fact]
    public async Task L2_a_refusal_by_a_limit_in_another_slot_leaves_nothing_missing()
    {
        await using var one = await Split.OpenAsync(shared);
        await using var two = await Split.OpenAsync(shared);
        for (int i = 0; i < Split.PerIpCapacity; i++)
            Assert.True((await one.Limiter.TakeAsync(Split.Request(_tenant, "first", "9.9.9.9"))).Allowed);

        var refused = await Task.WhenAll(Enumerable.Range(0, 400).Select(i =>
            (i % 2 == 0 ? one : two).Limiter.TakeAsync(Split.Request(_tenant, $"key{i % 20}", "9.9.9.9", "gpt", tokens: 7)).AsTask()));

        // While permits are given back, they refuse, too.
        Assert.All(refused, decision => Assert.True(decision.Limit!.Name is "per-ip" or "streams", decision.Limit.Name));
        await one.SettledAsync();
        await two.SettledAsync();
        for (int i = 0; i < 20; i++)
            Assert.Equal([1_000, 0, 100_000, 4], (await one.LeftAsync(Split.Request(_tenant, $"key{i}", "9.9.9.9", "gpt"))).Values);
        Assert.Equal((0, 0), (one.Redis.UndoneLost, two.Redis.UndoneLost));
    }

    [Fact]
    public async Task A_refusal_says_what_is_left_of_the_limits_that_gave_back()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "8.8.8.8", "gpt", cost: 10);
        Assert.True((await one.Limiter.TakeAsync(request)).Allowed);

        var refused = await one.Limiter.TakeAsync(request with { Cost = 1 });

        Assert.False(refused.Allowed);
        Assert.Equal("per-ip", refused.Limit!.Name);
        Assert.Equal([990, 0, 100_000, 3], refused.Limits().Select(line => line.Remaining));
        Assert.Equal([true, false, true, true], refused.Limits().Select(line => line.Allowed));
        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_repeat_under_one_idempotency_key_takes_once_and_is_answered_the_same_by_any_instance()
    {
        await using var one = await Split.OpenAsync(shared);
        await using var two = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.7", "gpt", cost: 3, tokens: 70);
        var first = (await one.Limiter.TakeAsync(request, "order-1"))!.Value;
        Assert.True(first.Allowed);

        foreach (var instance in new[] { one, two, one })
        {
            var again = (await instance.Limiter.TakeAsync(request, "order-1"))!.Value;
            Assert.Equal(first.Limits().Select(line => (line.Limit.Name, line.Remaining)), again.Limits().Select(line => (line.Limit.Name, line.Remaining)));
            Assert.Equal((first.Allowed, first.Limit), (again.Allowed, again.Limit));
        }

        Assert.Equal([997, 7, 99_930, 3], (await two.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task A_hundred_repeats_at_once_take_once()
    {
        await using var one = await Split.OpenAsync(shared);
        await using var two = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.8", "gpt", tokens: 70);

        var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? one : two).Limiter.TakeAsync(request, "order-2").AsTask()));

        Assert.All(all, decision => Assert.True(decision!.Value.Allowed));
        Assert.Equal([999, 9, 99_930, 3], (await two.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task Another_request_under_an_idempotency_key_is_a_conflict_that_takes_nothing_wherever_its_buckets_lie()
    {
        await using var one = await Split.OpenAsync(shared);
        Assert.NotNull(await one.Limiter.TakeAsync(Split.Request(_tenant, "k", "7.7.7.9"), "order-3"));

        for (int i = 0; i < 10; i++)
        {
            Assert.Null(await one.Limiter.TakeAsync(Split.Request(_tenant, $"other{i}", $"6.6.6.{i}"), "order-3"));
            Assert.Null(await one.Limiter.TakeAsync(Split.Request(_tenant, $"other{i}"), "order-3"));
        }

        await one.SettledAsync();
        for (int i = 0; i < 10; i++)
            Assert.Equal([1_000, 10, 100_000], (await one.LeftAsync(Split.Request(_tenant, $"other{i}", $"6.6.6.{i}"))).Values);
    }

    [Fact]
    public async Task A_refusal_is_not_kept_so_that_the_same_may_be_asked_again()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.10", cost: 10);
        Assert.True((await one.Limiter.TakeAsync(request)).Allowed);
        for (int i = 0; i < 5; i++)
        {
            Assert.False((await one.Limiter.TakeAsync(request, "order-4"))!.Value.Allowed);
            await one.SettledAsync();
        }

        Assert.NotNull(await one.Limiter.RefundAsync(request));
        await Until.TrueAsync(async () => (await one.Limiter.TakeAsync(request, "order-4"))!.Value is { Allowed: true, Degraded: false }, () => "refused");
        Assert.Equal([990, 0, 100_000], (await one.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task Refunds_and_charges_under_an_idempotency_key_are_made_once_in_each_partition()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.11", cost: 4, tokens: 40);
        for (int i = 0; i < 3; i++)
            Assert.NotNull(await one.Limiter.ChargeAsync(request, "charge-1"));
        Assert.Equal([996, 6, 99_960], (await one.LeftAsync(request)).Values);
        for (int i = 0; i < 3; i++)
            Assert.NotNull(await one.Limiter.RefundAsync(request with { Cost = 1, Costs = null }, "refund-1"));
        Assert.Equal([997, 7, 99_960], (await one.LeftAsync(request)).Values);
        Assert.Null(await one.Limiter.RefundAsync(request with { Key = "other" }, "refund-1"));
        Assert.Equal([1_000, 7, 99_960], (await one.LeftAsync(request with { Key = "other" })).Values);
    }

    [Fact]
    public async Task A_reset_makes_the_buckets_of_all_partitions_new()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.12", "gpt", cost: 4, tokens: 40);
        Assert.True((await one.Limiter.TakeAsync(request)).Allowed);

        await one.Limiter.ResetAsync(request);

        Assert.Equal([1_000, 10, 100_000, 4], (await one.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task L12_a_limit_that_is_added_moves_no_bucket()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.13", cost: 4);
        Assert.True((await one.Limiter.TakeAsync(request)).Allowed);

        var plan = new Plan("more", [new Limit("first", ["ip", "key"], Split.Plan.Limits[0].Quota), .. Split.Plan.Limits], OnOutage.Local);
        var limiter = new RateLimiter(new PolicySet([plan], plan, new Dictionary<string, Plan>()), one.Store, TimeProvider.System);
        var decision = await limiter.CheckAsync(request with { Cost = 0 });

        Assert.Equal([1_000, 996, 6, 100_000], decision.Limits().Select(line => line.Remaining));
    }

    [Fact]
    public async Task An_explanation_has_the_lines_of_all_partitions()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "7.7.7.14", "gpt", cost: 2);
        Assert.True((await one.Limiter.TakeAsync(request)).Allowed);

        var explained = await one.Limiter.ExplainAsync(request);

        Assert.Equal([998, 8, 100_000, 3], explained.Decision.Limits().Select(line => line.Remaining));
        Assert.Equal(DecisionSource.Redis, explained.Decision.Source);
    }

    private async Task<int[]> KeysOfNodesAsync()
    {
        var counts = new List<int>();
        foreach (var node in shared.Cluster.Nodes)
        {
            string role = await node.CommandAsync("ROLE");
            if (!role.StartsWith("master", StringComparison.Ordinal))
                continue;
            string keys = await node.CommandAsync("EVAL", $"local n, at = 0, '0' repeat local r = redis.call('SCAN', at, 'MATCH', 'weir:{{{_tenant}:*', 'COUNT', 10000) at = r[1] n = n + #r[2] until at == '0' return tostring(n)", "0");
            counts.Add(int.Parse(keys, null));
        }

        return [.. counts];
    }
}
