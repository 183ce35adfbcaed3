using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>Who waits for Redis, in which order, and how many of a tenant may.</summary>
public sealed class FairQueueTests
{
    private const int Most = 1_000;

    private readonly FairQueue _queue = new(Most);

    private static PendingCommand TakeOf(string tenant, string key = "k", bool listed = true) => Pending(Some.Request(key, tenant: tenant) with { TenantIsListed = listed });

    private static PendingCommand Pending(LimitSet limits) => PendingCommand.Of(new BucketCommand(limits, BucketOperation.Take), null);

    /// <summary>A decision that asks four buckets.</summary>
    private static PendingCommand Dear(string tenant)
    {
        var plan = new Plan("four", [.. Enumerable.Range(0, 4).Select(i => new Limit($"limit{i}", [Limit.KeyDimension], Some.Quota))], OnOutage.Local);
        return Pending(plan.Resolve(new RequestFacts(tenant, "k")) with { TenantIsListed = true });
    }

    private int Enqueue(int times, Func<int, PendingCommand> take) =>
        Enumerable.Range(0, times).Count(i => _queue.TryEnqueue(take(i), _queue.Count));

    private PendingCommand[] Dequeue(int most)
    {
        var batch = new PendingCommand[most];
        return batch[.._queue.Dequeue(batch)];
    }

    private static string TenantOf(PendingCommand take) => take.Command.Limits.Facts.Tenant;

    private static string KeyOf(PendingCommand take) => take.Command.Limits.Facts.Key;

    [Fact]
    public void L9_However_many_a_tenant_has_waiting_another_is_in_the_next_batch()
    {
        Enqueue(400, _ => TakeOf("flood"));
        Enqueue(1, _ => TakeOf("quiet"));
        Assert.Contains(Dequeue(32), take => TenantOf(take) == "quiet");
    }

    [Fact]
    public void L9_Tenants_with_much_to_ask_get_as_many_buckets_asked_each()
    {
        Enqueue(200, _ => TakeOf("one"));
        Enqueue(200, _ => Dear("four"));
        var batch = Dequeue(100);
        Assert.Equal(80, batch.Count(take => TenantOf(take) == "one"));
        Assert.Equal(20, batch.Count(take => TenantOf(take) == "four"));
    }

    [Fact]
    public void L9_A_turn_that_a_batch_cut_short_goes_on_in_the_next_one_and_none_has_two()
    {
        Enqueue(100, _ => TakeOf("a"));
        Enqueue(100, _ => TakeOf("b"));
        var sent = Enumerable.Range(0, 32).SelectMany(_ => Dequeue(5)).ToList();
        Assert.Equal(80, sent.Count(take => TenantOf(take) == "a"));
        Assert.Equal(Enumerable.Repeat("a", 16).Concat(Enumerable.Repeat("b", 16)), sent.Take(32).Select(TenantOf));
    }

    [Fact]
    public void L10_A_tenant_that_floods_ends_at_half_and_who_has_nothing_waiting_always_finds_room()
    {
        Assert.Equal(Most / 2, Enqueue(10 * Most, _ => TakeOf("flood")));
        Assert.Equal(Most / 4, Enqueue(10 * Most, _ => TakeOf("second flood")));
        Assert.Equal(100, Enqueue(100, i => TakeOf($"quiet{i}")));
    }

    [Fact]
    public void L10_All_tenants_together_have_no_more_waiting_than_may()
    {
        Assert.Equal(Most, Enqueue(10 * Most, i => TakeOf($"tenant{i}")));
        Assert.Equal(Most, _queue.Count);
        Assert.False(_queue.TryEnqueue(TakeOf("new"), _queue.Count));
    }

    [Fact]
    public void L9_Tenants_that_can_be_invented_have_a_few_lines_together()
    {
        Enqueue(Most / 2, i => TakeOf($"invented{i}", listed: false));
        Assert.InRange(_queue.Waiting, 2, 64);
        Assert.True(_queue.TryEnqueue(TakeOf("listed"), _queue.Count));
    }

    [Fact]
    public void L9_A_tenant_that_no_policy_names_does_not_wait_for_another_that_floods()
    {
        Enqueue(Most, _ => TakeOf("flood", listed: false));
        var others = Enumerable.Range(0, 20).Select(i => TakeOf($"quiet{i}", listed: false)).ToList();
        // Some of them may have the flood's line, by chance.
        Assert.InRange(others.Count(other => _queue.TryEnqueue(other, _queue.Count)), 15, 20);
        var next = Dequeue(21 * Plan.MaxLimits);
        Assert.InRange(others.Count(next.Contains), 15, 20);
    }

    [Fact]
    public void What_was_answered_because_it_fell_due_is_not_sent_and_counts_for_nobody()
    {
        var late = Enumerable.Range(0, Most / 2).Select(_ => TakeOf("flood")).ToList();
        Enqueue(late.Count, i => late[i]);
        Assert.False(_queue.TryEnqueue(TakeOf("flood"), Most / 2));
        late.ForEach(take => take.TryAnswer(BucketResult.Failed(StoreFault.Late)));
        Assert.True(_queue.TryEnqueue(TakeOf("flood", "in time"), 0));
        Assert.Equal(["in time"], Dequeue(Most).Select(KeyOf));
        Assert.Equal((0, 0), (_queue.Count, _queue.Waiting));
    }

    [Fact]
    public void L10_Whatever_falls_due_in_lines_that_nobody_sends_from_is_forgotten()
    {
        for (int i = 0; i < 20 * Most; i++)
        {
            var take = TakeOf($"tenant{i % 500}");
            Assert.True(_queue.TryEnqueue(take, 0));
            take.TryAnswer(BucketResult.Failed(StoreFault.Late));
            Assert.InRange(_queue.Count, 0, 2 * Most);
        }
    }

    [Fact]
    public void L10_Lines_of_tenants_that_are_gone_are_not_remembered()
    {
        for (int i = 0; i < 100; i++)
        {
            Enqueue(500, tenant => TakeOf($"tenant{i}-{tenant}"));
            Assert.Equal(500, Dequeue(Most).Length);
        }

        Assert.InRange(_queue.Lines, 1, 128);
    }

    [Fact]
    public void A_tenant_that_asks_again_and_again_costs_no_memory()
    {
        var take = TakeOf("tenant");
        var batch = new PendingCommand[1];
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                _queue.TryEnqueue(take, 0);
                _queue.Dequeue(batch);
            }
        });
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Nothing_is_lost_or_doubled_and_each_tenant_keeps_its_order() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 40]).Array[1, 200].Sample(steps =>
        {
            var queue = new FairQueue(Most);
            var expected = Enumerable.Range(0, 6).Select(_ => new Queue<PendingCommand>()).ToArray();
            foreach (var (tenant, count) in steps)
            {
                var take = tenant % 2 == 0 ? TakeOf($"{tenant}") : Dear($"{tenant}");
                if (queue.TryEnqueue(take, queue.Count))
                    expected[tenant].Enqueue(take);
                // Many steps put in, some take out.
                if (count > 30)
                    Check(queue, expected, new PendingCommand[count]);
            }

            while (queue.Count > 0)
                Check(queue, expected, new PendingCommand[7]);
            Assert.All(expected, Assert.Empty);
        });

    private static void Check(FairQueue queue, Queue<PendingCommand>[] expected, PendingCommand[] batch)
    {
        int waiting = queue.Count, count = queue.Dequeue(batch);
        Assert.Equal(Math.Min(waiting, batch.Length), count);
        for (int i = 0; i < count; i++)
            Assert.Same(expected[int.Parse(TenantOf(batch[i]), System.Globalization.CultureInfo.InvariantCulture)].Dequeue(), batch[i]);
    }
}
