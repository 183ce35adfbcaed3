using Microsoft.Extensions.Time.Testing;
using Weir.Simulation;

namespace Weir.Redis.Tests.Simulation;

/// <summary>The store of production on one thread and in virtual time: what happens depends on nothing but what is done.</summary>
public sealed class OneThreadTests : IAsyncDisposable
{
    private static readonly TokenQuota Quota = TokenQuota.Create(10_000, TimeSpan.FromSeconds(1), 2_000);
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(15);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly OneBucketWire _wire;
    private readonly RedisStore _store;

    public OneThreadTests()
    {
        _wire = new OneBucketWire(new ScriptModel(Quota, 20_000), () => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        _store = new RedisStore(new RedisOptions { Deadline = Deadline }, _time, _wire, new InlinePump());
    }

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    private ValueTask<BucketResult> Take(long cost = 1) =>
        _store.TakeAsync(new Plan("p", [new Limit("l", Array.Empty<string>(), Quota)], OnOutage.Local).Resolve(new RequestFacts("t", "k", cost)));

    /// <summary>Asks at random, for as long as it is told, and writes down what each is answered.</summary>
    private static string History(int seed)
    {
        var one = new OneThreadTests();
        var random = new Random(seed);
        var log = new System.Text.StringBuilder();
        int thread = Environment.CurrentManagedThreadId, open = 0;
        for (int step = 0; step < 3_000; step++)
        {
            if (random.Next(3) > 0)
                _ = AskAsync(step);
            // For a while longer than the deadline nothing comes back.
            if (step % 1_500 >= 600 && random.Next(2) == 0)
                one._wire.Step();
            if (random.Next(500) == 0)
                one._wire.ForgetScript();
            one._time.Advance(TimeSpan.FromMicroseconds(random.Next(random.Next(100) == 0 ? 20_000 : 100)));
        }

        var stopped = one.DisposeAsync().AsTask();
        while (one._wire.Step())
            one._time.Advance(TimeSpan.FromMicroseconds(10));
        Assert.Equal(0, open);
        Assert.True(stopped.IsCompletedSuccessfully);
        return log.Append(string.Join(',', one._wire.Calls)).ToString();

        async Task AskAsync(int step)
        {
            open++;
            var answer = await one.Take().ConfigureAwait(false);
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            open--;
            log.Append(step).Append(answer.Fault).Append(answer.Outcome).Append(answer.NowUs).Append(answer.State).AppendLine();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_same_seed_is_the_same_history(int seed)
    {
        string history = await OneThread.RunAsync(() => History(seed));
        Assert.Equal(history, await OneThread.RunAsync(() => History(seed)));
        Assert.Contains(nameof(StoreFault.Slow), history, StringComparison.Ordinal);
        Assert.Contains(nameof(StoreFault.None), history, StringComparison.Ordinal);
    }

    [Fact]
    public Task What_gathers_while_a_call_is_under_way_is_the_next_call() => OneThread.RunAsync(() =>
    {
        var asked = Enumerable.Range(0, 5).Select(_ => Take().AsTask()).ToArray();
        Assert.True(_wire.Step());
        Assert.True(asked[0].IsCompletedSuccessfully);
        Assert.False(asked[1].IsCompleted);
        Assert.True(_wire.Step());
        Assert.All(asked, take => Assert.Equal(BucketOutcome.Allowed, take.Result.Outcome));
        Assert.False(_wire.Step());
        Assert.Equal([1, 4], _wire.Calls);
        return true;
    });

    [Fact]
    public Task A_script_that_Redis_does_not_know_any_more_is_brought_along_once() => OneThread.RunAsync(() =>
    {
        var first = Take().AsTask();
        _wire.Step();
        Assert.True(first.IsCompletedSuccessfully);
        _wire.ForgetScript();
        var second = Take().AsTask();
        _wire.Step();
        Assert.False(second.IsCompleted);
        _wire.Step();
        Assert.Equal(StoreFault.None, second.Result.Fault);
        Assert.Equal(2, Quota.Capacity - Quota.TokensLeft(second.Result.State, second.Result.Time));
        return true;
    });

    [Fact]
    public Task L6_what_is_not_answered_falls_due_at_the_deadline_and_not_before() => OneThread.RunAsync(() =>
    {
        var asked = Take().AsTask();
        _time.Advance(Deadline - TimeSpan.FromMilliseconds(1));
        Assert.False(asked.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(StoreFault.Late, asked.Result.Fault);
        return true;
    });

    [Fact]
    public Task A_reply_that_comes_after_the_deadline_answers_nobody_who_asked_since() => OneThread.RunAsync(() =>
    {
        var late = Take(100).AsTask();
        _time.Advance(Deadline);
        Assert.Equal(StoreFault.Late, late.Result.Fault);
        var others = Enumerable.Range(0, 4).Select(i => Take(1L << i).AsTask()).ToArray();
        _wire.Step();
        Assert.All(others, take => Assert.False(take.IsCompleted));
        _wire.Step();
        Assert.Equal([101, 103, 107, 115], others.Select(take => Quota.Capacity - Quota.TokensLeft(take.Result.State, late.Result.Time with { NowUs = take.Result.NowUs })));
        return true;
    });
}
