using Weir.Redis.Tests.Topologies;
using Weir.Testing;

namespace Weir.Redis.Tests.Partitions;

/// <summary>Busy buckets in one partition, of which tokens are leased, beside buckets in others.</summary>
[Collection(nameof(OnOneCluster))]
public sealed class PartitionedLeaseTests(SharedCluster shared)
{
    private readonly string _tenant = $"lea{Guid.NewGuid():N}"[..12];

    private static readonly Plan Plan = new(
        "busy",
        [
            new Limit("all", Array.Empty<string>(), TokenQuota.Create(1, TimeSpan.FromHours(1), 100_000)),
            new Limit("per-key", [Limit.KeyDimension], TokenQuota.Create(1, TimeSpan.FromHours(1), 5)),
        ],
        OnOutage.Local);

    [Fact]
    public async Task L1_L2_a_leased_limit_is_decided_locally_and_gets_back_what_another_slot_refuses()
    {
        await using var one = await Split.OpenAsync(shared, leases: true);
        await using var two = await Split.OpenAsync(shared, leases: true);
        var set = new PolicySet([Plan], Plan, new Dictionary<string, Plan>());
        var limiters = new[] { one, two }.Select(instance => new RateLimiter(set, instance.Store, TimeProvider.System)).ToArray();
        int before = await TakeUntilBothLeaseAsync(one, two, limiters);
        int allowed = before;

        // Each of 400 keys may take 5 times, and asks 30 times.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async worker =>
        {
            for (int i = 0; i < 300; i++)
            {
                var decision = await limiters[worker % 2].TakeAsync(new RequestFacts(_tenant, $"key{((worker * 10) + (i % 10))}"));
                if (decision.Allowed)
                    Interlocked.Increment(ref allowed);
                else
                    Assert.Equal("per-key", decision.Limit!.Name);
            }
        }));

        Assert.Equal(before + (400 * 5), allowed);
        await one.Redis.ReturnLeasesAsync();
        await two.Redis.ReturnLeasesAsync();
        await one.SettledAsync();
        await two.SettledAsync();
        var left = await limiters[0].CheckAsync(new RequestFacts(_tenant, "key0", Cost: 0));
        // An unused lease comes back less what drained meanwhile: a fraction of a token.
        Assert.InRange(left.Limits()[0].Remaining, 100_000 - allowed - 1, 100_000 - allowed);
        Assert.Equal((0, 0), (one.Redis.UndoneLost, two.Redis.UndoneLost));
    }

    /// <summary>Takes of a new key each time until both instances have decided locally, and returns how often.</summary>
    private async Task<int> TakeUntilBothLeaseAsync(Split one, Split two, RateLimiter[] limiters)
    {
        int taken = 0;
        await Until.TrueAsync(
            async () =>
            {
                var takes = Enumerable.Range(taken, 100)
                    .Select(i => limiters[i % 2].TakeAsync(new RequestFacts(_tenant, $"first{i}")).AsTask());
                Assert.All(await Task.WhenAll(takes), decision => Assert.True(decision.Allowed));
                taken += 100;
                return one.Redis.DecidedLocally > 0 && two.Redis.DecidedLocally > 0;
            },
            () => $"after {taken} takes {one.Redis.DecidedLocally} and {two.Redis.DecidedLocally} were decided locally");
        return taken;
    }
}
