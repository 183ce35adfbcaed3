using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

public sealed class FailoverStoreTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly BreakerOptions _options = new();
    private readonly FakeStore _redis;
    private readonly FailoverStore _store;
    private readonly List<string> _edges = [];

    public FailoverStoreTests()
    {
        _redis = new FakeStore(_time);
        _store = new FailoverStore(_redis, Some.Memory(_time), _options, _time);
        _store.OutageBegan += outage => _edges.Add($"began {outage.Fault}");
        _store.OutageEnded += outage => _edges.Add($"ended after {outage.Duration.TotalMilliseconds} ms");
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private ValueTask<BucketResult> Take(string key = "a", long cost = 1, OnOutage onOutage = OnOutage.Local) =>
        _store.TakeAsync(Some.Request(key, cost, onOutage: onOutage));

    /// <summary>The breaker opens with the last failure in a row; a silence more goes by until this returns.</summary>
    private async Task BeginOutage(StoreFault fault = StoreFault.Late)
    {
        _redis.Fault = fault;
        for (int i = 0; i < _options.FailuresInARow; i++)
        {
            await Take($"outage{i}");
            _time.Advance(_options.Silence);
        }

        Assert.Equal(BreakerState.Open, _store.State);
    }

    [Fact]
    public async Task A_first_call_that_is_late_is_no_outage_if_the_next_is_in_time()
    {
        _redis.Fault = StoreFault.Late;
        _redis.SoundAfter = 2;
        await _store.ProbeAsync(tries: 3);
        Assert.Equal((BreakerState.Closed, 3), (_store.State, _redis.Asked));
    }

    [Fact]
    public async Task A_store_that_answers_none_of_the_first_calls_is_in_an_outage()
    {
        _redis.Fault = StoreFault.Late;
        await _store.ProbeAsync(tries: 3);
        Assert.Equal((BreakerState.Open, 3), (_store.State, _redis.Asked));
    }

    [Theory]
    [InlineData(1, BreakerState.Closed)]
    [InlineData(2, BreakerState.Open)]
    public async Task L6_an_outage_is_noticed_without_requests_by_heartbeats_that_stay_unanswered(int heartbeats, BreakerState state)
    {
        var peers = new FakePeers(_time);
        await using var store = new FailoverStore(_redis, Some.Memory(_time), _options, _time, peers.Join());
        _redis.Fault = StoreFault.Unreachable;
        for (int i = 0; i < heartbeats; i++)
        {
            peers.Miss();
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.Equal(state, store.State);
    }

    [Fact]
    public async Task L6_a_heartbeat_that_stays_unanswered_begins_no_outage_of_a_store_that_answers()
    {
        var peers = new FakePeers(_time);
        await using var store = new FailoverStore(_redis, Some.Memory(_time), _options, _time, peers.Join());
        for (int i = 0; i < 20; i++)
        {
            peers.Miss();
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.Equal((BreakerState.Closed, 20), (store.State, _redis.Asked));
    }

    [Fact]
    public async Task A_sound_store_decides()
    {
        var answer = await Take();
        Assert.Equal((DecisionSource.Redis, false), (answer.Source, answer.Degraded));
    }

    [Theory]
    [InlineData(StoreFault.Late)]
    [InlineData(StoreFault.Unreachable)]
    [InlineData(StoreFault.Refusing)]
    [InlineData(StoreFault.Damaged)]
    [InlineData(StoreFault.Crowded)]
    [InlineData(StoreFault.Starved)]
    public async Task L6_memory_answers_what_the_store_could_not(StoreFault fault)
    {
        _redis.Fault = fault;
        var answer = await Take();
        Assert.Equal((StoreFault.None, DecisionSource.Memory, true), (answer.Fault, answer.Source, answer.Degraded));
    }

    [Fact]
    public async Task L6_an_instance_that_is_starved_begins_no_outage_however_long()
    {
        _redis.Fault = StoreFault.Starved;
        for (int i = 0; i < 200; i++)
        {
            await Take($"key{i}");
            _time.Advance(_options.Silence);
        }

        Assert.Equal(BreakerState.Closed, _store.State);
        Assert.Empty(_edges);
    }

    [Theory]
    [InlineData(OnOutage.Local)]
    [InlineData(OnOutage.Deny)]
    [InlineData(OnOutage.Allow)]
    public async Task What_memory_decided_under_an_idempotency_key_memory_answers_again_whatever_the_plan_says_by_then(OnOutage now)
    {
        var memo = new RecordKey(1, 2);
        _redis.Fault = StoreFault.Late;
        var first = await _store.AskAsync(new BucketCommand(Some.Request("a", cost: 3), BucketOperation.Take) { RecordKey = memo });
        _redis.Fault = StoreFault.None;
        int asked = _redis.Asked;

        var again = await _store.AskAsync(new BucketCommand(Some.Request("a", cost: 3, onOutage: now), BucketOperation.Take) { RecordKey = memo });
        var other = await _store.AskAsync(new BucketCommand(Some.Request("a", cost: 4, onOutage: now), BucketOperation.Take) { RecordKey = new RecordKey(1, 3) });

        Assert.Equal((true, first.Outcome, first.State), (again.IsRemembered, again.Outcome, again.State));
        Assert.Equal((StoreFault.Conflict, asked), (other.Fault, _redis.Asked));
    }

    [Fact]
    public async Task In_an_outage_the_store_is_not_asked_and_memory_keeps_the_limit()
    {
        await BeginOutage();
        int asked = _redis.Asked;
        for (int i = 0; i < 10; i++)
            Assert.Equal(BucketOutcome.Allowed, (await Take("b")).Outcome);
        Assert.Equal(BucketOutcome.Refused, (await Take("b")).Outcome);
        Assert.Equal(asked, _redis.Asked);
    }

    [Theory]
    [InlineData(OnOutage.Local)]
    [InlineData(OnOutage.Deny)]
    [InlineData(OnOutage.Allow)]
    public async Task Memory_does_not_decide_instead_of_a_store_that_has_no_room_for_an_answer(OnOutage onOutage)
    {
        _redis.Fault = StoreFault.AnswersFull;
        var limits = Some.Request("a", onOutage: onOutage);
        for (int i = 0; i < 100; i++)
        {
            var command = new BucketCommand(limits, BucketOperation.Take) { RecordKey = new RecordKey(1, 2) };
            var answer = await _store.AskAsync(command);
            Assert.Equal((StoreFault.AnswersFull, false), (answer.Fault, answer.Degraded));
            Assert.Equal(DecisionOutcome.AnswersFull, Decision.From(limits, answer).Outcome);
        }

        Assert.Equal(BreakerState.Closed, _store.State);
        Assert.Empty(_edges);
    }

    [Fact]
    public async Task A_damaged_bucket_never_opens_the_breaker()
    {
        _redis.Fault = StoreFault.Damaged;
        for (int i = 0; i < 100; i++)
            await Take();
        Assert.Equal(BreakerState.Closed, _store.State);
    }

    [Fact]
    public async Task L9_A_crowd_of_one_tenant_never_opens_the_breaker_for_the_others()
    {
        _redis.Fault = StoreFault.Crowded;
        for (int i = 0; i < 100; i++)
        {
            await Take();
            _time.Advance(_options.Silence);
        }

        Assert.Equal(BreakerState.Closed, _store.State);
        Assert.Empty(_edges);
    }

    [Theory]
    [InlineData(OnOutage.Local)]
    [InlineData(OnOutage.Allow)]
    public async Task L1_Who_makes_a_crowd_gets_of_memory_one_burst_and_not_what_an_outage_would_allow(OnOutage onOutage)
    {
        _redis.Fault = StoreFault.Crowded;
        int allowed = 0;
        for (int i = 0; i < 100; i++)
            allowed += (await Take("b", onOutage: onOutage)).Outcome == BucketOutcome.Allowed ? 1 : 0;
        Assert.Equal(10, allowed);
    }

    [Fact]
    public async Task Who_makes_a_crowd_is_not_decided_by_memory_if_his_plan_wants_none_of_it()
    {
        _redis.Fault = StoreFault.Crowded;
        var answer = await Take(onOutage: OnOutage.Deny);
        Assert.Equal((StoreFault.Crowded, true), (answer.Fault, answer.Degraded));
    }

    [Fact]
    public async Task A_cancelled_take_says_nothing_of_the_store()
    {
        _redis.Gate = new TaskCompletionSource();
        for (int i = 0; i < 100; i++)
        {
            using var cancelled = new CancellationTokenSource();
            var asked = _store.TakeAsync(Some.Request(), cancelled.Token);
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(asked.AsTask);
        }

        Assert.Equal(BreakerState.Closed, _store.State);
    }

    [Fact]
    public async Task An_outage_begins_and_ends_once_and_is_told_once()
    {
        await BeginOutage(StoreFault.Refusing);
        Assert.Equal(StoreFault.Refusing, _store.Outage!.Fault);
        _redis.Fault = StoreFault.None;
        _time.Advance(_options.Break);
        await Eventually(() => _store.State == BreakerState.Closed);
        Assert.Equal(["began Refusing", "ended after 300 ms"], _edges);
        Assert.Null(_store.Outage);
        Assert.Equal(DecisionSource.Redis, (await Take("c")).Source);
    }

    [Fact]
    public async Task Probes_go_on_until_one_is_answered()
    {
        await BeginOutage();
        int asked = _redis.Asked;
        for (int i = 1; i <= 5; i++)
        {
            _time.Advance(_options.Break);
            await Eventually(() => _redis.Asked == asked + i);
            await Eventually(() => _store.State == BreakerState.Open);
        }

        _redis.Fault = StoreFault.None;
        _time.Advance(_options.Break);
        await Eventually(() => _store.State == BreakerState.Closed);
    }

    [Fact]
    public async Task Probes_go_on_although_the_store_breaks_its_contract_and_a_listener_throws()
    {
        _store.OutageBegan += _ => throw new InvalidOperationException("a listener is not to throw");
        _redis.Fault = StoreFault.Unreachable;
        await Assert.ThrowsAsync<InvalidOperationException>(() => _store.ProbeAsync());
        _redis.Throws = true;
        for (int i = 2; i <= 3; i++)
        {
            _time.Advance(_options.Break);
            await Eventually(() => _redis.Asked == i && _store.State == BreakerState.Open);
        }

        (_redis.Throws, _redis.Fault) = (false, StoreFault.None);
        _time.Advance(_options.Break);
        await Eventually(() => _store.State == BreakerState.Closed);
    }

    [Fact]
    public async Task A_store_that_answers_a_probe_but_cannot_write_stays_out()
    {
        await BeginOutage();
        _redis.Fault = StoreFault.Refusing;
        int asked = _redis.Asked;
        _time.Advance(_options.Break);
        await Eventually(() => _redis.Asked == asked + 1 && _store.State == BreakerState.Open);
    }

    [Fact]
    public async Task A_probe_before_the_first_request_finds_an_outage_that_is_there_already()
    {
        _redis.Fault = StoreFault.Unreachable;
        await _store.ProbeAsync();
        Assert.Equal(BreakerState.Open, _store.State);
        Assert.Equal(["began Unreachable"], _edges);
    }

    [Fact]
    public async Task A_plan_that_allows_in_an_outage_is_asked_nothing()
    {
        await BeginOutage();
        for (int i = 0; i < 50; i++)
        {
            var decision = Decide(await Take("a", onOutage: OnOutage.Allow), OnOutage.Allow);
            Assert.Equal((true, DecisionSource.Memory, true), (decision.Allowed, decision.Source, decision.Degraded));
        }
    }

    [Fact]
    public async Task A_plan_that_denies_in_an_outage_is_unavailable_and_never_refused()
    {
        await BeginOutage();
        var decision = Decide(await Take("a", onOutage: OnOutage.Deny), OnOutage.Deny);
        Assert.Equal((DecisionOutcome.Unavailable, true), (decision.Outcome, decision.Degraded));
    }

    [Fact]
    public async Task A_take_that_was_late_is_asked_for_once()
    {
        _redis.Fault = StoreFault.Late;
        await Take();
        Assert.Equal(1, _redis.Asked);
    }

    private static Decision Decide(BucketResult answer, OnOutage onOutage) => Decision.From(Some.Request(onOutage: onOutage), answer);

    /// <summary>Continuations run on other threads, in fake time but not in no time.</summary>
    private static async Task Eventually(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_bucket_that_is_keyed_by_attributes_is_settled_as_that_bucket()
    {
        var slow = TokenQuota.Create(1, TimeSpan.FromDays(1), 10);
        var plan = new Plan("p", [new Limit("per-region", [new Dimension("region")], slow)], OnOutage.Local);
        LimitSet RequestOf(string region) => plan.Resolve(new RequestFacts("t", "k", 2, new Dictionary<string, string> { ["region"] = region, ["other"] = "x" }));
        _redis.Fault = StoreFault.Late;
        await _store.TakeAsync(RequestOf("eu"));
        Assert.Equal(1, _store.Owing);
        _redis.Fault = StoreFault.None;
        for (int i = 0; i < 50 && _store.Owing > 0; i++)
            _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(0, _store.Owing);
        // A little has drained meanwhile.
        Assert.InRange((await _redis.CheckAsync(RequestOf("eu"))).State.Spent / (double)slow.Rate.UnitsPerToken, 1.99, 2);
        Assert.Equal(0, (await _redis.CheckAsync(RequestOf("us"))).State.Spent);
    }
}
