using Weir.Redis.Tests.Faults;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>A slot that moves to another shard while it is asked: Redis redirects, and refuses what has moved by half (MOVED, ASK, TRYAGAIN).</summary>
[Collection(nameof(OnOneCluster))]
public sealed class SlotMigrationTests(SharedCluster shared)
{
    private const int Moves = 3;
    private const int Burst = 40;

    private static readonly int Slot = RedisSlot.Of("weir:{moving}:per-key"u8);

    [Fact]
    public async Task L1_L6_A_slot_that_moves_under_load_is_decided_by_Redis_all_the_while_and_not_a_token_is_lost()
    {
        await using var load = new StoreUnderLoad(shared.Options(), i => Ledger.Request(i % 4 == 0 ? $"staying{i % 40}" : "moving", $"key{i % 100}"));
        await load.UntilRedisDecidesAsync();
        await load.ListenAsync(400);
        int before = load.OutagesBegan, already = load.Answers.Count;

        for (int i = 0; i < Moves; i++)
        {
            int moved = await shared.Cluster.MoveSlotAsync(Slot, () => load.ListenAsync(4));
            Assert.InRange(moved, 30, int.MaxValue);
        }

        await load.StopAsync();
        Assert.Equal(before, load.OutagesBegan);
        Assert.DoesNotContain("script", load.LastError ?? "", StringComparison.OrdinalIgnoreCase);
        Assert.All(load.Answers.Skip(already), seen => Assert.Equal((StoreFault.None, DecisionSource.Redis), (seen.Answer.Fault, seen.Answer.Source)));
        Assert.All(await Ledger.ReadAsync(shared.Options(), load.Answers), bucket => Assert.InRange(bucket.Spent, bucket.Allowed, bucket.Most));
    }

    /// <summary>What gathers for one tenant travels as one call with many keys, of which some have moved already.</summary>
    [Fact]
    public async Task L1_L6_Batches_of_a_slot_that_moves_are_decided_by_Redis_key_by_key()
    {
        await using var store = new RedisStore(shared.Options(), TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        for (int i = 0; i < 400; i++)
            await store.TakeAsync(Ledger.Request("moving", $"batched{i}"));

        for (int i = 0; i < Moves; i++)
        {
            var moving = shared.Cluster.MoveSlotAsync(Slot);
            do
            {
                int first = Random.Shared.Next(2 * 400);
                var answers = await Task.WhenAll(Enumerable.Range(first, Burst).Select(key => store.TakeAsync(Ledger.Request("moving", $"batched{key}")).AsTask()));
                Assert.All(answers, answer => Assert.True(answer.Fault == StoreFault.None, store.LastError));
            }
            while (!moving.IsCompleted);
            Assert.InRange(await moving, 400, int.MaxValue);
        }
    }

    [Fact]
    public async Task L2_L6_A_decision_of_several_buckets_that_have_moved_by_half_is_answered_from_memory()
    {
        var request = new Plan("p", [Some.LimitOf(Ledger.Quota), new Limit("tenant", Array.Empty<string>(), Ledger.Quota)], OnOutage.Local);
        await using var load = new StoreUnderLoad(shared.Options(), i => i % 4 != 0
            ? Ledger.Request($"staying{i % 40}", $"several{i % 100}")
            : request.Resolve(new RequestFacts("moving", $"several{i % 100}", 1)));
        await load.UntilRedisDecidesAsync();

        await shared.Cluster.MoveSlotAsync(Slot, () => load.ListenAsync(4));
        await load.ListenAsync(100);
        await load.UntilRedisDecidesAsync();

        await load.StopAsync();
        Assert.All(load.Answers, seen => Assert.Equal(StoreFault.None, seen.Answer.Fault));
        // The error names the node.
        Assert.Matches("^(127\\.0\\.0\\.1:[0-9]+: TRYAGAIN .*)?$", load.LastError ?? "");
    }
}
