using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

/// <summary>What one instance settles, to the unit: the primary and all instances have one clock, which stands.</summary>
public sealed class SettlementTests : IAsyncDisposable
{
    private static readonly TokenQuota OneADay = TokenQuota.Create(1, TimeSpan.FromDays(1), 1);

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100);

    private readonly ThrowingClock _time = new();
    private readonly FakeStore _redis;
    private readonly FakePeers _peers;
    private readonly List<FailoverStore> _stores = [];

    public SettlementTests() => (_redis, _peers) = (new FakeStore(_time), new FakePeers(_time));

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
    }

    private FailoverStore Join(int instances, MemoryStore? memory = null)
    {
        for (int i = 1; i < instances; i++)
            _peers.Join();
        var store = new FailoverStore(_redis, memory ?? Some.Memory(_time), new BreakerOptions(), _time, _peers.Join());
        _stores.Add(store);
        return store;
    }

    private static LimitSet Request(long cost, TokenQuota? quota = null, string key = "a") => Some.Request(key, cost, quota: quota ?? Slow);

    private static void Take(FailoverStore store, LimitSet limits) => Assert.Equal(BucketOutcome.Allowed, store.TakeAsync(limits).Result.Outcome);

    private static void GiveBack(FailoverStore store, LimitSet limits) =>
        Assert.Equal(StoreFault.None, store.AskAsync(new BucketCommand(limits with { Facts = limits.Facts with { Cost = -limits.Facts.Cost } }, BucketOperation.Charge)).Result.Fault);

    private async Task BreakAsync(FailoverStore store)
    {
        _redis.Fault = StoreFault.Unreachable;
        await store.ProbeAsync();
        Assert.Equal(BreakerState.Open, store.State);
    }

    /// <summary>Ends the outage in no time but that of the break.</summary>
    private async Task MendAsync(FailoverStore store)
    {
        _redis.Fault = StoreFault.None;
        _time.Advance(new BreakerOptions().Break);
        await Until.TrueAsync(() => store.State == BreakerState.Closed && store.Owing == 0, () => $"{store.State}, {store.Owing} owed");
    }

    private long Units(LimitSet limits)
    {
        var answer = _redis.CheckAsync(limits).Result;
        return TokenBucket.SpentAt(limits.First.Quota.Rate, answer.State, answer.NowUs);
    }

    /// <summary>What drains during a break.</summary>
    private static long Drained(TokenQuota quota) => quota.Rate.UnitsPerTick * 250_000;

    private void AssertSpent(long tokens, LimitSet limits)
    {
        var quota = (TokenQuota)limits.First.Quota;
        Assert.InRange(Units(limits), quota.UnitsOf(tokens) - Drained(quota), quota.UnitsOf(tokens));
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 20)]
    [InlineData(5, 8)]
    public async Task L7_what_was_spent_by_unit_in_an_outage_is_settled_in_each_unit(int instances, long most)
    {
        var store = Join(instances);
        LimitSet Of(long tokens, long bytes) => new Plan(
            "units",
            [
                new Limit("requests", [Limit.KeyDimension], Slow),
                new Limit("tokens", [Limit.KeyDimension], Slow) { Unit = "tokens", Cost = 2 },
                new Limit("bytes", [Limit.KeyDimension], Slow) { Unit = "bytes" },
            ],
            OnOutage.Local).Resolve(
                new RequestFacts("t", "a", 1, Costs: new Dictionary<string, long> { ["tokens"] = tokens, ["bytes"] = bytes }));
        await BreakAsync(store);
        Take(store, Of(most, 0));
        Take(store, Of(0, 3));
        // The outage share of the tokens is used up, of which a request that names none takes nothing.
        Assert.Equal(BucketOutcome.Refused, store.TakeAsync(Of((50 / instances) - most + 1, 0)).Result.Outcome);
        Take(store, Of(0, 4));
        Assert.Equal(StoreFault.None, store.AskAsync(new BucketCommand(Of(1, 2), BucketOperation.Charge)).Result.Fault);
        await MendAsync(store);
        var limits = Of(0, 0);
        AssertSpent(4, limits.Only(0));
        AssertSpent(2 * (most + 1), limits.Only(1));
        AssertSpent(9, limits.Only(2));
    }

    [Fact]
    public async Task L2_a_take_whose_settlement_before_it_is_late_is_decided_alone_and_charged_once()
    {
        var store = Join(instances: 1);
        _redis.Fault = StoreFault.Unreachable;
        Take(store, Request(3));
        _redis.Fault = StoreFault.None;
        Assert.True(await _peers.AnyOther.ConfirmAsync());
        _redis.IsLateFor = command => command.What == BucketOperation.Settle;

        var result = await store.TakeAsync(Request(2));
        Assert.Equal((BucketOutcome.Allowed, true, 1), (result.Outcome, result.Degraded, _redis.Undone));

        _redis.IsLateFor = _ => false;
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, store.Owing);
        AssertSpent(5, Request(2));
    }

    [Theory]
    [InlineData(-2, 6, true)]
    [InlineData(-7, 1, true)]
    [InlineData(-2, 6, false)]
    [InlineData(-6, 2, false)]
    [InlineData(-8, 0, false)]
    public async Task L2_a_refund_comes_back_whole_though_the_settlement_before_it_is_late_or_not_executed(
        long cost, long rest, bool isExecuted)
    {
        var store = Join(instances: 1);
        Take(store, Request(5));
        _redis.Fault = StoreFault.Unreachable;
        Take(store, Request(3));
        _redis.Fault = StoreFault.None;
        Assert.True(await _peers.AnyOther.ConfirmAsync());
        bool fails = true;
        _redis.IsLateFor = command => fails && isExecuted && command.What == BucketOperation.Settle;
        _redis.IsCrowdedFor = command => fails && !isExecuted && command.What == BucketOperation.Settle;

        var result = await store.AskAsync(new BucketCommand(Request(cost), BucketOperation.Charge));
        fails = false;
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, store.Owing);
        AssertSpent(rest, Request(0));
        Assert.Equal((StoreFault.None, DecisionSource.Memory), (result.Fault, result.Source));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_reset_empties_a_bucket_though_what_was_spent_before_it_is_not_settled(bool isExecuted, bool isInDoubt)
    {
        var store = Join(instances: 1);
        Take(store, Request(5));
        _redis.Fault = StoreFault.Unreachable;
        Take(store, Request(3));
        _redis.Fault = StoreFault.None;
        Assert.True(isInDoubt || await _peers.AnyOther.ConfirmAsync());
        bool fails = true;
        _redis.IsLateFor = command => fails && isExecuted && command.What == BucketOperation.Settle;
        _redis.IsCrowdedFor = command => fails && !isExecuted && command.What == BucketOperation.Settle;

        var result = await store.AskAsync(new BucketCommand(Request(1), BucketOperation.Reset));
        Assert.Equal((StoreFault.None, DecisionSource.Redis), (result.Fault, result.Source));
        fails = false;
        Assert.True(await _peers.AnyOther.ConfirmAsync());
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, store.Owing);
        AssertSpent(0, Request(0));
    }

    [Theory]
    [InlineData(-2, false, 6)]
    [InlineData(-3, true, 5)]
    [InlineData(4, true, 12)]
    public async Task A_commit_or_a_keyed_refund_that_Redis_made_counts_though_the_settlement_before_it_is_late(
        long cost, bool isCommit, long rest)
    {
        var store = Join(instances: 1);
        var reservation = new RecordKey(1, 1) { Open = TimeSpan.FromMinutes(1) };
        await store.AskAsync(new BucketCommand(Request(5), BucketOperation.Take) { RecordKey = reservation });
        _redis.Fault = StoreFault.Unreachable;
        Take(store, Request(3));
        _redis.Fault = StoreFault.None;
        Assert.True(await _peers.AnyOther.ConfirmAsync());
        _redis.IsLateFor = command => command.What == BucketOperation.Settle;

        var result = await store.AskAsync(new BucketCommand(Request(cost), BucketOperation.Charge)
        {
            RecordKey = isCommit ? new RecordKey(1, 2) { Settles = true } : new RecordKey(2, 2),
        });
        Assert.Equal((StoreFault.None, DecisionSource.Redis, 0), (result.Fault, result.Source, _redis.Undone));

        _redis.IsLateFor = _ => false;
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, store.Owing);
        AssertSpent(rest, Request(0));
    }

    [Fact]
    public void L7_what_a_reservation_of_memory_commits_after_the_outage_is_settled_without_another_request()
    {
        var store = Join(instances: 1);
        Assert.Equal(BucketOutcome.Allowed, store.Alone.TakeAsync(Request(7)).Result.Outcome);

        _time.Advance(TimeSpan.FromMilliseconds(200));

        Assert.Equal(0, store.Owing);
        AssertSpent(7, Request(7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task L7_What_is_taken_and_given_back_in_an_outage_leaves_no_unit_spent(int instances)
    {
        var store = Join(instances);
        await BreakAsync(store);
        Take(store, Request(1, OneADay));
        GiveBack(store, Request(1, OneADay));
        await MendAsync(store);
        Assert.Equal(0, Units(Request(0, OneADay)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task L7_A_cost_that_was_settled_is_given_back_whole_in_the_next_outage(int instances)
    {
        var store = Join(instances);
        await BreakAsync(store);
        Take(store, Request(1, OneADay));
        await MendAsync(store);
        AssertSpent(1, Request(0, OneADay));

        await BreakAsync(store);
        GiveBack(store, Request(1, OneADay));
        await MendAsync(store);
        Assert.Equal(0, Units(Request(0, OneADay)));
    }

    [Fact]
    public async Task L1_An_instance_without_peers_gives_back_at_face_value_and_no_further_than_it_was_known()
    {
        var store = Join(instances: 1);
        Take(store, Request(4));
        await BreakAsync(store);
        GiveBack(store, Request(3));
        await MendAsync(store);
        AssertSpent(1, Request(0));

        await BreakAsync(store);
        GiveBack(store, Request(50));
        await MendAsync(store);
        Assert.Equal(0, Units(Request(0)));
        Assert.DoesNotContain(_redis.Charged, units => units < -Slow.UnitsOf(3));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(4, 7)]
    public async Task L7_A_cost_of_which_this_instance_never_heard_is_given_back_whole(int instances, long cost)
    {
        var store = Join(instances);
        await _redis.TakeAsync(Request(cost + 2));
        await BreakAsync(store);
        GiveBack(store, Request(cost));
        await MendAsync(store);
        AssertSpent(2, Request(0));
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(2, 9)]
    [InlineData(5, 7)]
    public async Task L7_A_cost_that_peers_spent_since_the_bucket_was_heard_of_is_given_back_whole(int instances, long cost)
    {
        var store = Join(instances);
        Take(store, Request(1));
        await _redis.TakeAsync(Request(cost + 2));
        await BreakAsync(store);
        GiveBack(store, Request(cost));
        await MendAsync(store);
        AssertSpent(3, Request(0));
    }

    [Theory]
    [InlineData(2, 12, 0)]
    [InlineData(3, 3, 1)]
    [InlineData(3, 1, 3)]
    public async Task L7_What_has_drained_since_it_was_given_back_is_not_given_back_of_what_peers_spend_later(int instances, int hours, long rest)
    {
        var quota = TokenQuota.Create(24, TimeSpan.FromDays(1), 100);
        var store = Join(instances);
        Take(store, Request(4, quota));
        await BreakAsync(store);
        GiveBack(store, Request(4, quota));
        _time.Advance(TimeSpan.FromHours(hours));
        _redis.Fault = StoreFault.None;
        await _redis.TakeAsync(Request(20, quota));
        await MendAsync(store);
        // Redis holds what has not drained of the four, and gives back as much.
        AssertSpent(20, Request(0, quota));
        Assert.InRange(_redis.Charged.Sum(), -quota.UnitsOf(rest) - Drained(quota), -quota.UnitsOf(rest) + Drained(quota));
    }

    [Theory]
    [InlineData(3, 5)]
    [InlineData(5, 5)]
    [InlineData(50, 1)]
    public async Task L7_What_has_come_back_by_itself_is_not_given_back_of_what_is_spent_later(long back, long spent)
    {
        var quota = TokenQuota.Create(100, TimeSpan.FromDays(1), 100);
        var store = Join(1);
        Take(store, Request(2, quota));
        _time.Advance(TimeSpan.FromHours(12));
        await BreakAsync(store);
        GiveBack(store, Request(back, quota));
        Take(store, Request(spent, quota));
        await MendAsync(store);
        AssertSpent(spent, Request(0, quota));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task L7_No_more_units_are_settled_than_were_spent_though_the_whole_bucket_drains_meanwhile(int instances)
    {
        var store = Join(instances);
        await BreakAsync(store);
        Take(store, Request(2));
        _peers.ReturnedEarlier(TimeSpan.FromHours(50));
        await MendAsync(store);
        long charged = Assert.Single(_redis.Charged, units => units != 0);
        Assert.InRange(charged, Slow.UnitsOf(2) - Drained(Slow), Slow.UnitsOf(2));
    }

    [Theory]
    [InlineData(50, 1)]
    [InlineData(99, 1)]
    [InlineData(10, 30)]
    public async Task L1_A_bucket_that_memory_has_no_room_for_is_charged_what_was_spent_of_it(long before, long alone)
    {
        var memory = Some.Memory(_time, maxKeys: 64);
        var store = Join(1, memory);
        Take(store, Request(before));
        await BreakAsync(store);
        for (int i = 0; memory.Overflowed < 20; i++)
            await store.TakeAsync(Request(1, key: $"other{i}"));
        var answer = await store.TakeAsync(Request(alone));
        Assert.Equal(StoreFault.None, answer.Fault);
        await MendAsync(store);

        Assert.DoesNotContain(_redis.Charged, units => units < 0);
        AssertSpent(before + (answer.Outcome == BucketOutcome.Allowed ? alone : 0), Request(0));
    }

    [Fact]
    public async Task L1_Buckets_that_share_one_in_memory_are_charged_their_own_spending_each()
    {
        var memory = Some.Memory(_time, maxKeys: 64);
        var store = Join(1, memory);
        await BreakAsync(store);
        var admitted = new Dictionary<string, long>();
        for (int i = 0; i < 300; i++)
            admitted[$"k{i % 150}"] = admitted.GetValueOrDefault($"k{i % 150}") + ((await store.TakeAsync(Request(2, key: $"k{i % 150}"))).Outcome == BucketOutcome.Allowed ? 2 : 0);
        Assert.InRange(memory.Overflowed, 50, 300);
        await MendAsync(store);
        Assert.All(admitted, pair => AssertSpent(pair.Value, Request(0, key: pair.Key)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(5, 2)]
    public async Task L7_A_refund_of_another_key_that_shares_the_bucket_in_memory_lessens_no_charge(int instances, long cost)
    {
        var quota = TokenQuota.Create(1, TimeSpan.FromHours(1), 10_000);
        var memory = Some.Memory(_time, maxKeys: 64);
        var store = Join(instances, memory);
        await BreakAsync(store);
        for (int i = 0; memory.Overflowed < 100; i++)
            Take(store, Request(1, quota, $"other{i}"));
        Take(store, Request(500, quota, "given back"));
        string[] keys = [.. Enumerable.Range(0, 20).Select(i => $"k{i}")];
        foreach (string key in keys)
            Take(store, Request(cost, quota, key));
        GiveBack(store, Request(500, quota, "given back"));
        await MendAsync(store);
        Assert.All(keys, key => AssertSpent(cost, Request(0, quota, key)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(115)]
    [InlineData(10_100)]
    public async Task L7_What_is_held_back_allows_for_the_longest_answer_of_the_store(int longestMs)
    {
        var store = Join(2);
        _redis.LongestAnswer = TimeSpan.FromMilliseconds(longestMs);
        await BreakAsync(store);
        await _peers.AnyOther.ReportAsync(isReady: false);
        _peers.AnyOther.Part();
        _redis.Fault = StoreFault.None;
        _time.Advance(new BreakerOptions().Break);
        await Until.TrueAsync(() => store.State == BreakerState.Closed, () => "not back");

        HeldBack held = default;
        _redis.Seen = command => held = command.What == BucketOperation.Take ? command.HeldBack : held;
        await store.TakeAsync(Request(1, key: "b"));
        Assert.Equal(1, held.Absent);
        Assert.InRange(held.SinceUs, 1_000 * longestMs, (1_000 * longestMs) + 1_000_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_exception_in_memory_leaves_the_bucket_usable_and_what_is_owed_of_it_settled(int call)
    {
        var store = Join(1);
        await BreakAsync(store);
        Take(store, Request(3));
        _time.ThrowsIn = call;
        Assert.ThrowsAny<Exception>(() => store.TakeAsync(Request(5)).Result);
        _time.ThrowsIn = 0;
        Take(store, Request(4));
        await MendAsync(store);
        AssertSpent(7, Request(0));
    }

    /// <summary>A clock that stands, and may throw.</summary>
    private sealed class ThrowingClock() : FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
        /// <summary>The call that throws, counted from now; 0 for none.</summary>
        public int ThrowsIn { get; set; }

        public override long GetTimestamp() => ThrowsIn > 0 && --ThrowsIn == 0 ? throw new InvalidOperationException("no time") : base.GetTimestamp();
    }
}
