using Weir.Testing;

namespace Weir.Redis.Tests.Late;

/// <summary>A take that Redis executes after the deadline charges nothing (law L6).</summary>
public sealed class LateReplyTests : IAsyncLifetime
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 5_000);
    private static readonly PolicySet Policies = PolicyDocument.Parse("""
        defaultPlan: p
        plans:
          p:
            limits:
              tokens: { rate: 1/h, burst: 5000 }
              day: { window: { limit: 5000, every: month } }
              jobs: { concurrency: { limit: 20, lease: 1h } }
        """, "test");

    private RedisServer _server = null!;
    private RedisStore _redis = null!;
    private FailoverStore _store = null!;
    private RateLimiter _limiter = null!;
    private Reservations _reservations = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestRedis.StartProcessAsync();
        _redis = new RedisStore(new RedisOptions { Endpoints = _server.Endpoint, LeaseHorizon = TimeSpan.Zero }, TimeProvider.System);
        Assert.True(await _redis.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken), _redis.LastError);
        _store = new FailoverStore(_redis, Some.Memory(TimeProvider.System), new BreakerOptions { Silence = TimeSpan.FromMinutes(1), Window = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        _limiter = new RateLimiter(Policies, _store, TimeProvider.System);
        _reservations = new Reservations(_limiter, _store, _store.Alone);
        // The first calls take longer than any deadline: the code is new.
        await Until.TrueAsync(async () => (await _limiter.TakeAsync(new RequestFacts("t", "first"))).Source == DecisionSource.Redis, () => _redis.LastError ?? "late");
        // What they began must not be in the way of a test's own take.
        await UntilSettledAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Fact]
    public async Task What_Redis_charged_for_late_takes_that_nobody_got_is_given_back()
    {
        var limits = Some.Request("k", cost: 7, tenant: "t", quota: Slow);
        for (int i = 0; i < 5; i++)
        {
            await PauseAsync();
            var faults = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => (await _redis.TakeAsync(limits)).Fault));
            Assert.All(faults, fault => Assert.NotEqual(StoreFault.None, fault));
            await UntilSettledAsync();
        }

        Assert.Equal(0, await SpentAsync(limits));
        // Takes that were queued behind the late batch fell due before they were sent.
        Assert.InRange(_redis.LateUndone, 5, 100);
        Assert.Equal(0, _redis.LateLost);
    }

    [Fact]
    public async Task What_memory_allowed_in_place_of_a_late_reply_counts_once()
    {
        await PauseAsync();
        var decisions = await Task.WhenAll(Enumerable.Range(0, 15).Select(async _ => await _limiter.TakeAsync(new RequestFacts("t", "k", 10))));
        Assert.All(decisions, decision => Assert.Equal((true, DecisionSource.Memory), (decision.Allowed, decision.Source)));
        await UntilSettledAsync();
        // The permits are held in memory.
        Assert.Equal("4850 4850 20", await RemainingAsync("k"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(5_003)]
    public async Task A_late_charge_counts_once_however_much_it_costs(long cost)
    {
        var limits = Policies.Resolve(new RequestFacts("t", "k", cost));
        await PauseAsync();
        var results = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(async _ => await _store.AskAsync(new BucketCommand(limits, BucketOperation.Charge))));
        Assert.All(results, result => Assert.Equal((StoreFault.None, BucketOutcome.Allowed, true), (result.Fault, result.Outcome, result.Degraded)));
        await UntilSettledAsync();
        Assert.Equal($"{3 * cost} {3 * cost}", await SpentOfTokensAndDayAsync(limits));
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(0, 1)]
    [InlineData(2, 5)]
    public async Task A_late_charge_by_unit_counts_once(long cost, long tokens)
    {
        var limits = new Plan(
            "units",
            [new Limit("requests", [Limit.KeyDimension], Slow), new Limit("tokens", [Limit.KeyDimension], Slow) { Unit = "tokens" }],
            OnOutage.Local).Resolve(new RequestFacts("t", "k", cost, Costs: new Dictionary<string, long> { ["tokens"] = tokens }));
        await PauseAsync();
        var result = await _store.AskAsync(new BucketCommand(limits, BucketOperation.Charge));
        Assert.Equal((StoreFault.None, true), (result.Fault, result.Degraded));
        await UntilSettledAsync();
        Assert.Equal((cost, tokens), (await SpentAsync(limits.Only(0)), await SpentAsync(limits.Only(1))));
    }

    [Fact]
    public async Task A_late_charge_that_is_repeated_under_its_idempotency_key_counts_once()
    {
        var limits = Policies.Resolve(new RequestFacts("t", "k", 7));
        var charge = new BucketCommand(limits, BucketOperation.Charge) { RecordKey = new RecordKey(1, 1) };
        await PauseAsync();
        Assert.Equal((StoreFault.None, true), await AskAsync());
        await UntilSettledAsync();
        Assert.Equal((StoreFault.None, true), await AskAsync());
        await UntilSettledAsync();
        Assert.Equal("7 7", await SpentOfTokensAndDayAsync(limits));

        async Task<(StoreFault, bool)> AskAsync() => await _store.AskAsync(charge) is var result ? (result.Fault, result.Degraded) : default;
    }

    [Fact]
    public async Task A_late_commit_and_a_late_refund_are_not_undone()
    {
        var limits = Policies.Resolve(new RequestFacts("t", "k", 9));
        Assert.Equal(StoreFault.None, (await _redis.AskAsync(new BucketCommand(limits, BucketOperation.Take)
        {
            RecordKey = new RecordKey(1, 1) { Open = TimeSpan.FromMinutes(1) },
        })).Fault);
        await AskLateAsync(5, new RecordKey(1, 2) { Settles = true });
        await AskLateAsync(-3, null);
        Assert.Equal("11 11", await SpentOfTokensAndDayAsync(limits));

        async Task AskLateAsync(long cost, RecordKey? record)
        {
            var late = limits with { Facts = limits.Facts with { Cost = cost } };
            await PauseAsync();
            Assert.NotEqual(StoreFault.None, (await _store.AskAsync(new BucketCommand(late, BucketOperation.Charge) { RecordKey = record })).Fault);
            await UntilSettledAsync();
        }
    }

    [Fact]
    public async Task A_take_that_is_repeated_under_its_idempotency_key_after_a_late_reply_is_charged_once_and_answered_the_same()
    {
        await PauseAsync();
        var first = (await _limiter.TakeAsync(new RequestFacts("t", "k", 10), "once"))!.Value;
        Assert.Equal((true, DecisionSource.Memory), (first.Allowed, first.Source));
        await UntilSettledAsync();
        var again = (await _limiter.TakeAsync(new RequestFacts("t", "k", 10), "once"))!.Value;
        Assert.Equal((first.Allowed, first.Remaining, first.Source), (again.Allowed, again.Remaining, again.Source));
        Assert.Null(await _limiter.TakeAsync(new RequestFacts("t", "k", 11), "once"));
        await UntilSettledAsync();
        Assert.StartsWith("4990 4990 ", await RemainingAsync("k"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_take_repeated_under_its_idempotency_key_while_the_first_is_late_is_not_answered_by_a_record_that_is_undone()
    {
        var limits = Some.Request("k", cost: 7, tenant: "t", quota: Slow);
        var take = new BucketCommand(limits, BucketOperation.Take) { RecordKey = new RecordKey(1, 1) };
        await PauseAsync();
        Assert.NotEqual(StoreFault.None, (await _redis.AskAsync(take)).Fault);
        // It is not sent, so no breaker counts it.
        Assert.Equal(StoreFault.Crowded, (await _redis.AskAsync(take)).Fault);
        await UntilSettledAsync();

        await Until.TrueAsync(async () => await SpentAsync(limits) == 0, () => "the late take is charged");
        var again = await _redis.AskAsync(take);
        Assert.Equal((StoreFault.None, false, BucketOutcome.Allowed), (again.Fault, again.IsRemembered, again.Outcome));
        Assert.True((await _redis.AskAsync(take)).IsRemembered);
        Assert.Equal(7, await SpentAsync(limits));
    }

    [Fact]
    public async Task Permits_of_late_reservations_that_are_canceled_are_free_again()
    {
        await PauseAsync();
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _reservations.ReserveAsync(new RequestFacts("t", "k"), TimeSpan.FromMinutes(1), $"job{i}").AsTask()));
        Assert.All(made, one => Assert.True(one.Decision.Allowed));
        await UntilSettledAsync();
        // Repeated, each has the id that its caller knows.
        var again = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _reservations.ReserveAsync(new RequestFacts("t", "k"), TimeSpan.FromMinutes(1), $"job{i}").AsTask()));
        Assert.Equal(made.Select(one => one.Id), again.Select(one => one.Id));
        foreach (var one in made)
            Assert.Equal(SettlementOutcome.Settled, (await _reservations.CancelAsync(one.Id!, null)).Outcome);
        await UntilSettledAsync();
        Assert.Equal("5000 5000 20", await RemainingAsync("k"));
    }

    /// <summary>Redis executes no script until <see cref="UntilSettledAsync"/>, and then all that has come.</summary>
    private async Task PauseAsync() => await _server.CommandAsync("CLIENT", "PAUSE", "600000", "WRITE");

    private async Task UntilSettledAsync()
    {
        await _server.CommandAsync("CLIENT", "UNPAUSE");
        await Until.TrueAsync(
            async () => (await _redis.CheckAsync(Some.Request("probe"))).Fault == StoreFault.None && _redis.LateUndoing == 0 && _store.Owing == 0,
            () => $"{_redis.LateUndoing} are being undone, {_store.Owing} owe");
    }

    private async Task<long> SpentAsync(LimitSet limits)
    {
        var answer = await _redis.CheckAsync(limits with { Facts = limits.Facts with { Cost = 0 } });
        Assert.Equal(StoreFault.None, answer.Fault);
        // What drains of a token an hour in this test is less than half of one.
        return (answer.State.Spent + (Slow.Rate.UnitsPerToken / 2)) / Slow.Rate.UnitsPerToken;
    }

    private async Task<string> SpentOfTokensAndDayAsync(LimitSet limits)
    {
        var answer = await _redis.CheckAsync(limits with { Facts = limits.Facts with { Cost = 0 } });
        Assert.Equal(StoreFault.None, answer.Fault);
        // What drains of a token an hour in this test is less than half of one.
        long unit = limits.First.Quota.Rate.UnitsPerToken;
        return $"{(answer[0].State.Spent + (unit / 2)) / unit} {answer[1].State.Spent}";
    }

    private async Task<string> RemainingAsync(string key)
    {
        Decision decision = default;
        await Until.TrueAsync(
            async () =>
            {
                decision = await _limiter.CheckAsync(new RequestFacts("t", key, 0));
                return decision.Source == DecisionSource.Redis;
            },
            () => "Redis does not decide");
        return string.Join(' ', decision.Limits().Select(limit => limit.Remaining));
    }
}
