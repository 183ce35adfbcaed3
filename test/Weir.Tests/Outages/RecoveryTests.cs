using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

/// <summary>Several instances over one store, before, in and after an outage.</summary>
public sealed class RecoveryTests : IAsyncDisposable
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100);

    private static readonly TokenQuota Wide = TokenQuota.Create(1, TimeSpan.FromHours(1), 100_000);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly BreakerOptions _options = new();
    private readonly FakeStore _redis;
    private readonly FakePeers _peers;
    private readonly FailoverStore[] _stores;

    public RecoveryTests()
    {
        _redis = new FakeStore(_time);
        _peers = new FakePeers(_time);
        _stores = [.. Enumerable.Range(0, 4).Select(_ => new FailoverStore(_redis, Some.Memory(_time), _options, _time, _peers.Join()))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
    }

    private static LimitSet Request(long cost = 1, string key = "a") => Some.Request(key, cost, quota: Slow);

    private async Task BeginOutageAsync()
    {
        _redis.Fault = StoreFault.Unreachable;
        foreach (var store in _stores)
            await store.ProbeAsync();
        Assert.All(_stores, store => Assert.Equal(BreakerState.Open, store.State));
    }

    private async Task EndOutageAsync()
    {
        _redis.Fault = StoreFault.None;
        await PassAsync(TimeSpan.FromSeconds(2));
        Assert.All(_stores, store => Assert.Equal((BreakerState.Closed, 0), (store.State, store.Owing)));
    }

    /// <summary>Timers ring in fake time; what they begin goes on in other threads.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(time / 20);
            await Task.Delay(5);
        }
    }

    private static async Task<long> TakeAllAsync(IEnumerable<FailoverStore> stores)
    {
        long taken = 0;
        foreach (var store in stores)
        {
            while ((await store.TakeAsync(Request())).Outcome == BucketOutcome.Allowed)
                taken++;
        }

        return taken;
    }

    private async Task<long> LeftAsync(string key = "a")
    {
        var answer = await _redis.CheckAsync(Request(0, key));
        return Slow.TokensLeft(answer.State, answer.Time);
    }

    [Fact]
    public async Task L7_in_an_outage_all_instances_together_have_one_bucket()
    {
        await BeginOutageAsync();
        Assert.Equal(100, await TakeAllAsync(_stores));
    }

    [Fact]
    public async Task L7_what_was_spent_before_an_outage_is_not_handed_out_again_by_those_who_know_it()
    {
        foreach (var store in _stores)
            Assert.Equal(BucketOutcome.Allowed, (await store.TakeAsync(Request(15))).Outcome);
        await BeginOutageAsync();
        // Whoever asked earlier knows of less: 15, 30, 45 and 60 of 100.
        Assert.Equal(21 + 17 + 13 + 10, await TakeAllAsync(_stores));
    }

    [Fact]
    public async Task L7_after_an_outage_the_primary_holds_what_was_spent_in_it()
    {
        await BeginOutageAsync();
        for (int i = 0; i < 10; i++)
        {
            foreach (var store in _stores)
                Assert.Equal(BucketOutcome.Allowed, (await store.TakeAsync(Request())).Outcome);
        }

        await EndOutageAsync();
        Assert.Equal(60, await LeftAsync());
        Assert.All(_stores, store => Assert.Equal(0, store.Lost));
    }

    [Fact]
    public async Task What_came_back_in_the_outage_is_not_settled()
    {
        await BeginOutageAsync();
        foreach (var store in _stores)
            await store.TakeAsync(Request(8));
        // 1 an hour: of 32, four hours leave 28.
        _time.Advance(TimeSpan.FromHours(4));
        await EndOutageAsync();
        Assert.Equal(72, await LeftAsync());
    }

    [Fact]
    public async Task A_charge_that_was_late_is_sent_again_and_charged_once()
    {
        await BeginOutageAsync();
        await _stores[0].TakeAsync(Request(10));
        _redis.Fault = StoreFault.None;
        _redis.IsLateFor = command => command.What == BucketOperation.Settle && _redis.Late < 3;
        await PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal((3, 0), (_redis.Late, _stores[0].Owing));
        // A charge is in whole tokens, with what drained since the first came back.
        Assert.InRange(await LeftAsync(), 89, 90);
    }

    [Fact]
    public async Task L1_A_refund_whose_answer_is_late_is_given_back_once()
    {
        await _stores[0].TakeAsync(Request(60));
        _redis.IsLateFor = command => command.What == BucketOperation.Charge;
        var refund = await _stores[0].AskAsync(new BucketCommand(Request(-10), BucketOperation.Charge));
        Assert.Equal(StoreFault.Late, refund.Fault);
        _redis.IsLateFor = _ => false;
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 50), (_stores[0].Owing, await LeftAsync()));
    }

    [Fact]
    public async Task L1_What_was_given_back_alone_is_not_given_back_again_when_it_may_no_longer_be_known()
    {
        await _stores[0].TakeAsync(Request(60));
        await BeginOutageAsync();
        await _stores[0].AskAsync(new BucketCommand(Request(-10), BucketOperation.Charge));
        _redis.IsLateFor = command => command.What == BucketOperation.Settle;
        _redis.Fault = StoreFault.None;
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.InRange(_redis.Late, 1, int.MaxValue);
        // Given back, though nobody knows; and so long ago that the primary does not either.
        _redis.Fault = StoreFault.Unreachable;
        await PassAsync(TimeSpan.FromSeconds(90));
        _redis.IsLateFor = _ => false;
        _redis.Fault = StoreFault.None;
        await PassAsync(TimeSpan.FromSeconds(3));
        Assert.Equal((0, 1), (_stores[0].Owing, _stores[0].Lost));
        // What was charged while nobody answered is a token or two too much, and nothing is too little.
        Assert.InRange(await LeftAsync(), 45, 50);
    }

    [Fact]
    public void A_charge_is_closed_once_and_what_is_spent_while_it_is_under_way_is_charged_next()
    {
        var memory = Some.Memory(_time);
        var fallback = new FallbackStore(memory, new KnownBuckets(512, _time), () => 1);
        var limits = Request(5);
        fallback.Execute(new BucketCommand(limits, BucketOperation.Take));
        var owed = new List<SettlementCharge>();
        Assert.True(fallback.TryCollectOwed(limits, owed));
        fallback.Execute(new BucketCommand(Request(2), BucketOperation.Take));
        Assert.False(fallback.TryCollectOwed(limits, owed));
        Assert.Same(owed[0], owed[1]);

        var answer = new BucketResult(BucketOutcome.Allowed, new BucketState(Slow.UnitsOf(5), 0), new StoreTime(0, 0), DecisionSource.Redis);
        fallback.Close(owed[0].ToCommand(), answer);
        fallback.Close(owed[0].ToCommand(), answer);
        Assert.Equal(1, fallback.Owing);
        owed.Clear();
        Assert.True(fallback.TryCollectOwed(limits, owed));
        Assert.Equal(Slow.UnitsOf(2), Assert.Single(owed).Units);
        fallback.Close(owed[0].ToCommand(), answer);
        Assert.Equal(0, fallback.Owing);
    }

    [Fact]
    public void L7_a_charge_that_was_executed_before_tells_how_much_the_primary_holds_at_least()
    {
        var fallback = new FallbackStore(Some.Memory(_time), new KnownBuckets(512, _time), () => 1);
        fallback.Execute(new BucketCommand(Request(5), BucketOperation.Take));
        var owed = new List<SettlementCharge>();
        Assert.True(fallback.TryCollectOwed(Request(5), owed));

        // Others had spent 20 of the bucket when the charge was executed.
        var then = new BucketResult(BucketOutcome.Allowed, new BucketState(Slow.UnitsOf(25), 0), new StoreTime(0, 0), DecisionSource.Redis);
        fallback.Close(owed[0].ToCommand(), then with { IsRemembered = true });

        Assert.Equal(Slow.UnitsOf(25), Assert.Single(fallback.CollectKnown()).Limits.Facts.Cost);
    }

    [Fact]
    public async Task L1_Nothing_spent_alone_is_forgotten_however_many_settle_and_take_at_once()
    {
        await using var store = new FailoverStore(_redis, Some.Memory(_time), _options, _time);
        long admitted = 0;
        int asks = 0;
        _redis.IsCrowdedFor = _ => Interlocked.Increment(ref asks) % 10 == 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                if ((await store.TakeAsync(Some.Request("a", 1, quota: Wide))).Outcome == BucketOutcome.Allowed)
                    Interlocked.Increment(ref admitted);
            }
        })));
        _redis.IsCrowdedFor = _ => false;
        await PassAsync(TimeSpan.FromSeconds(1));
        var answer = await _redis.CheckAsync(Some.Request("a", 0, quota: Wide));
        Assert.Equal(0, store.Owing);
        Assert.InRange(Wide.Capacity - Wide.TokensLeft(answer.State, answer.Time), admitted, long.MaxValue);
    }

    [Fact]
    public async Task A_listener_that_throws_when_an_outage_ends_leaves_nothing_held_back()
    {
        _stores[0].OutageEnded += _ => throw new InvalidOperationException("a listener is not to throw");
        await BeginOutageAsync();
        await EndOutageAsync();
        Assert.Equal(100, await TakeAllAsync(_stores[..1]));
    }

    [Fact]
    public async Task A_primary_that_forgot_everything_is_told_what_is_known()
    {
        foreach (var store in _stores)
            await store.TakeAsync(Request(15));
        await BeginOutageAsync();
        await _stores[0].TakeAsync(Request(3));
        _redis.Forget();
        _peers.IsForgetful = true;
        await EndOutageAsync();
        // 60 and 3; what drained while they met is charged, too, as a whole token.
        Assert.InRange(await LeftAsync(), 36, 37);
    }

    [Fact]
    public async Task What_one_request_spent_alone_is_settled_though_there_is_no_outage()
    {
        _redis.Fault = StoreFault.Late;
        Assert.True((await _stores[0].TakeAsync(Request(5))).Degraded);
        _redis.Fault = StoreFault.None;
        Assert.Equal(100, await LeftAsync());
        await PassAsync(TimeSpan.FromMilliseconds(200));
        Assert.Equal(95, await LeftAsync());
    }

    [Fact]
    public async Task What_is_owed_of_a_bucket_is_charged_before_it_is_asked_for()
    {
        _redis.Fault = StoreFault.Late;
        await _stores[0].TakeAsync(Request(5));
        _redis.Fault = StoreFault.None;
        var answer = await _stores[0].TakeAsync(Request(1));
        Assert.Equal(94, Slow.TokensLeft(answer.State, answer.Time));
    }

    [Fact]
    public async Task What_is_owed_of_a_window_is_charged_to_that_window_only()
    {
        Assert.True(WindowQuota.TryCreate(100, WindowUnit.Day, "UTC", out var day, out _));
        var limits = new Plan("p", [new Limit("daily", [Limit.KeyDimension], day)], OnOutage.Local).Resolve(new RequestFacts("t", "k", 10));
        await BeginOutageAsync();
        await _stores[0].TakeAsync(limits);
        _time.Advance(TimeSpan.FromDays(1));
        await _stores[1].TakeAsync(limits);
        await EndOutageAsync();
        var answer = await _redis.CheckAsync(limits with { Facts = limits.Facts with { Cost = 0 } });
        Assert.Equal(90, day.TokensLeft(answer.State, answer.Time));
    }

    [Fact]
    public async Task What_remains_in_an_outage_is_what_the_share_has_left()
    {
        await BeginOutageAsync();
        var decision = Decision.From(Request(), await _stores[0].TakeAsync(Request()));
        Assert.Equal(24, decision.Remaining);
    }

    [Fact]
    public async Task L10_a_table_that_is_full_of_unsettled_buckets_counts_the_spending_it_cannot_record()
    {
        await using var store = new FailoverStore(_redis, Some.Memory(_time, 100_000), _options, _time, knownBuckets: 512);
        _redis.Fault = StoreFault.Unreachable;
        await store.ProbeAsync();
        for (int i = 0; i < 2_000; i++)
            Assert.Equal(BucketOutcome.Allowed, (await store.TakeAsync(Request(1, $"k{i}"))).Outcome);
        Assert.Equal(512, store.Owing);
        Assert.Equal(2_000 - 512, store.Lost);
    }
}
