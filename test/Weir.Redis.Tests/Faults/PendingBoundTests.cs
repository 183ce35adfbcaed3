using Weir.Testing;

namespace Weir.Redis.Tests.Faults;

/// <summary>What waits for a Redis that hangs has a bound (law L10), and nothing waits for a store that is gone (law L6).</summary>
public sealed class PendingBoundTests
{
    [Fact]
    public async Task L10_L9_A_tenant_in_whose_line_half_of_all_wait_is_told_at_once_others_wait_on_and_all_end_with_the_store()
    {
        await using var server = await TestRedis.StartProcessAsync();
        var options = new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromMinutes(1) };
        var store = new RedisStore(options, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(StoreFault.None, (await store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken)).Fault);
        server.Pause();

        Task<BucketResult>[] Ask(string tenant, int times) =>
            [.. Enumerable.Range(0, times).Select(_ => store.TakeAsync(Some.Request(tenant: tenant), CancellationToken.None).AsTask())];

        var flood = Ask("flood", Batcher.MaxPending);
        var waiting = Array.FindAll(flood, take => !take.IsCompleted);
        // What is on its way already is in no line any more, so that there may be two batches more.
        Assert.InRange(waiting.Length, Batcher.MaxPending / 2, (Batcher.MaxPending / 2) + (2 * Batcher.MaxBatch));
        Assert.All(flood.Except(waiting), take => Assert.Equal(StoreFault.Crowded, take.Result.Fault));
        var quiet = Ask("quiet", 1_000);
        Assert.All(quiet, take => Assert.False(take.IsCompleted));
        waiting = [.. waiting, .. quiet];
        Assert.All(waiting, take => Assert.False(take.IsCompletedSuccessfully && take.Result.Fault == StoreFault.None));
        server.Resume();
        await store.DisposeAsync();
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task L6_What_falls_due_soon_after_a_reply_is_slow_and_what_falls_due_in_silence_is_late()
    {
        await using var server = await TestRedis.StartProcessAsync();
        var time = Some.Clock();
        var deadline = TimeSpan.FromMilliseconds(15);
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = deadline }, time);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(StoreFault.None, (await store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken)).Fault);
        long repliedAt = time.GetTimestamp();
        server.Pause();

        // The sending thread has to have sent the first, or it is not Redis that is late.
        var first = store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken).AsTask();
        while (!first.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        for (int i = 0; i < 6; i++)
        {
            var asked = store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken).AsTask();
            time.Advance(deadline);
            var expected = time.GetElapsedTime(repliedAt) <= deadline + TimeSpan.FromMilliseconds(50) ? StoreFault.Slow : StoreFault.Late;
            Assert.Equal(expected, (await asked).Fault);
        }

        Assert.InRange(time.GetElapsedTime(repliedAt), 7 * deadline, TimeSpan.MaxValue);
        server.Resume();
    }

    [Fact]
    public async Task What_is_asked_of_a_store_that_was_disposed_of_is_answered_at_once()
    {
        await using var server = await TestRedis.StartAsync();
        var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        await store.DisposeAsync();
        Assert.Equal(StoreFault.Unreachable, (await store.TakeAsync(Some.Request(), TestContext.Current.CancellationToken)).Fault);
    }

    [Fact]
    public async Task L10_Decisions_that_were_answered_do_not_count_however_long_the_deadline()
    {
        const int Askers = 64;
        const int Each = 3 * Batcher.MaxPending / Askers;
        await using var server = await TestRedis.StartAsync();
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));

        int[] faults = await Task.WhenAll(Enumerable.Range(0, Askers).Select(async asker =>
        {
            int failed = 0;
            for (int i = 0; i < Each; i++)
                failed += (await store.TakeAsync(Some.Request($"key{asker}"))).Fault == StoreFault.None ? 0 : 1;
            return failed;
        }));

        Assert.Equal(0, faults.Sum());
    }
}
