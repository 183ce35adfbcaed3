namespace Weir.Tests.Stores;

/// <summary>Who holds permits: found by name, in the order in which they end, one limit without the others.</summary>
public sealed class PermitTableTests
{
    private static readonly UInt128 One = 1, Other = UInt128.MaxValue;

    [Fact]
    public void L8_Holders_that_come_and_go_at_random_agree_with_a_plain_list()
    {
        var random = new Random(7);
        var table = new PermitTable(100_000);
        table.Enter(ulong.MaxValue);
        var model = new Dictionary<UInt128, long>();
        for (int step = 0; step < 20_000; step++)
        {
            long now = step;
            UInt128 id = (UInt128)random.Next(300);
            if (random.Next(3) > 0)
            {
                long until = now + 1 + random.Next(400);
                Assert.True(table.TryAddLocked(One, id, until, now, "t"));
                model[id] = until;
            }
            else
            {
                table.StateLocked(One, now, 1, 1);
                Forget(model, now);
                Assert.Equal(model.Remove(id), table.RemoveLocked(One, id));
            }

            long capacity = random.Next(1, 60), places = random.Next(1, 4);
            var state = table.StateLocked(One, now, places, capacity);
            Forget(model, now);
            Assert.Equal(StateOf([.. model.Values.Order()], places, capacity), (state.Spent, state.At));
            Assert.Equal((model.Count, model.Count == 0 ? 0 : 1), (table.Holders, table.Limits));
        }

        table.Exit(ulong.MaxValue);
    }

    [Fact]
    public void A_holder_that_takes_again_holds_one_permit_until_the_new_time()
    {
        var table = new PermitTable(10);
        table.Enter(PermitTable.PartOf(One));
        Assert.True(table.TryAddLocked(One, 5, 100, 0, "t"));
        Assert.True(table.TryAddLocked(One, 5, 200, 0, "t"));
        Assert.Equal(new BucketState(1, 200), table.StateLocked(One, 150, 1, 4));
        Assert.True(table.RemoveLocked(One, 5));
        Assert.False(table.RemoveLocked(One, 5));
        table.Exit(PermitTable.PartOf(One));
        Assert.Equal((0, 0), (table.Holders, table.Limits));
    }

    [Fact]
    public async Task L9_A_limit_in_use_holds_up_no_limit_of_another_part()
    {
        var table = new PermitTable(10);
        Assert.NotEqual(PermitTable.PartOf(One), PermitTable.PartOf(Other));
        var isIn = new TaskCompletionSource();
        var mayLeave = new TaskCompletionSource();
        var slow = Task.Run(
            () =>
            {
                table.Enter(PermitTable.PartOf(One));
                isIn.SetResult();
                mayLeave.Task.Wait();
                table.Exit(PermitTable.PartOf(One));
            },
            TestContext.Current.CancellationToken);
        await isIn.Task;

        table.Enter(PermitTable.PartOf(Other));
        Assert.True(table.TryAddLocked(Other, 1, 100, 0, "t"));
        table.Exit(PermitTable.PartOf(Other));

        mayLeave.SetResult();
        await slow;
    }

    [Fact]
    public void L10_Parallel_takers_never_hold_more_than_the_bound()
    {
        const int Most = 1_000;
        var table = new PermitTable(Most);
        int taken = 0;
        Parallel.For(0, 4_000, i =>
        {
            UInt128 limit = new((ulong)i << 58, (ulong)i);
            table.Enter(PermitTable.PartOf(limit));
            if (table.TryAddLocked(limit, 1, long.MaxValue, 0, $"tenant{i}"))
                Interlocked.Increment(ref taken);
            table.Exit(PermitTable.PartOf(limit));
        });
        Assert.Equal((Most, Most), (taken, table.Holders));
    }

    private static void Forget(Dictionary<UInt128, long> model, long now)
    {
        foreach (var (id, _) in model.Where(holder => holder.Value <= now).ToArray())
            model.Remove(id);
    }

    private static (long Held, long At) StateOf(long[] ends, long places, long capacity)
    {
        if (ends.Length == 0)
            return (0, 0);
        long held = ends.Length * places, over = held + places - capacity;
        return (held, over <= 0 ? ends[^1] : ends[Math.Min(((over - 1) / places) + 1, ends.Length) - 1]);
    }
}
