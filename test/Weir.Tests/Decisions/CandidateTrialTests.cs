using Microsoft.Extensions.Time.Testing;
using Weir.Testing;
using Weir.Tests.Outages;

namespace Weir.Tests.Decisions;

public sealed class CandidateTrialTests : IPolicySource
{
    private static readonly RequestFacts Facts = new("acme", "k");

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly FakeStore _store;
    private readonly MemoryStore _memory;
    private readonly CandidateTrial _trial;
    private readonly RateLimiter _limiter;

    public CandidateTrialTests()
    {
        _store = new FakeStore(_time);
        _memory = Some.Memory(_time);
        _trial = new CandidateTrial(this, new Lazy<IBucketStore>(() => _store), _time);
        _limiter = new RateLimiter(this, _memory, _time, _trial);
    }

    public PolicySet Current { get; private set; } = Document(10_000);

    public PolicySet? Candidate { get; private set; } = Document(2);

    private static PolicySet Document(int tokens) => PolicyDocument.Parse($"defaultPlan: a\nplans: {{ a: {{ limits: {{ l: {{ rate: {tokens}/h, burst: 1x }} }} }} }}\n", "test");

    private async Task TakeAsync(int times)
    {
        for (int i = 0; i < times; i++)
            Assert.True((await _limiter.TakeAsync(Facts)).Allowed);
    }

    /// <summary>Waits until so many have been tried, or were left out.</summary>
    private async Task UntilTriedAsync(long count)
    {
        long Tried() => _trial.Tally is { } tally ? tally.Decisions + tally.Skipped : 0;
        await Until.TrueAsync(() => Tried() >= count, () => $"{Tried()} were tried");
        Assert.Equal(count, Tried());
    }

    [Fact]
    public async Task A_request_waits_neither_for_its_trial_nor_for_the_store_of_trials_to_open()
    {
        using var mayOpen = new ManualResetEventSlim();
        var trial = new CandidateTrial(
            this,
            new Lazy<IBucketStore>(() =>
            {
                mayOpen.Wait();
                return _store;
            }),
            _time);
        var limiter = new RateLimiter(this, _memory, _time, trial);

        var taken = limiter.TakeAsync(Facts);

        Assert.True(taken.IsCompletedSuccessfully);
        Assert.Equal(0, trial.Tally?.Decisions ?? 0);
        mayOpen.Set();
        await Until.TrueAsync(() => trial.Tally?.Decisions == 1, () => "it was not tried");
    }

    [Fact]
    public async Task A_store_of_trials_that_cannot_be_opened_changes_no_answer()
    {
        var store = new Lazy<IBucketStore>(() => throw new InvalidOperationException("no memory"));
        var trial = new CandidateTrial(this, store, _time);
        var limiter = new RateLimiter(this, _memory, _time, trial);
        for (int i = 0; i < 3; i++)
            Assert.True((await limiter.TakeAsync(Facts)).Allowed);
        await Until.TrueAsync(() => trial.Tally?.Skipped == 3, () => "they were not left out");
    }

    [Fact]
    public async Task A_request_without_room_for_its_answer_is_not_tried()
    {
        var full = new MemoryStore(new MemoryStoreOptions { MaxKeys = 1_024, AnswerBytes = 1_000 }, _time);
        var limiter = new RateLimiter(this, full, _time, _trial);
        Assert.True((await limiter.TakeAsync(Facts, "first"))!.Value.Allowed);
        for (int i = 0; i < 3; i++)
            Assert.Equal(DecisionOutcome.AnswersFull, (await limiter.TakeAsync(Facts, $"more{i}"))!.Value.Outcome);
        Assert.True((await limiter.TakeAsync(Facts)).Allowed);

        await UntilTriedAsync(2);
    }

    [Fact]
    public async Task Trials_are_made_in_the_order_of_their_requests()
    {
        var decided = Some.Memory(_time);
        var trial = new CandidateTrial(this, new Lazy<IBucketStore>(() => decided), _time);
        var limiter = new RateLimiter(this, _memory, _time, trial);
        var nothing = Candidate!.Resolve(Facts with { Cost = 0 });
        for (int i = 0; i < 500; i++)
        {
            await limiter.TakeAsync(Facts with { Cost = 2 });
            await limiter.RefundAsync(Facts with { Cost = 2 });
        }

        // Of two tokens, a take of two finds both only if the refund before it came first.
        await limiter.TakeAsync(Facts with { Cost = 2 });
        await Until.TrueAsync(
            async () => (await decided.CheckAsync(nothing))[0].State.Spent > 0, () => "nothing is spent");
    }

    [Fact]
    public async Task L10_of_more_trials_than_may_be_under_way_the_others_are_left_out_and_counted()
    {
        _store.Gate = new TaskCompletionSource();
        await TakeAsync(1);
        await Until.TrueAsync(() => _store.Asked == 1, () => "nothing is tried");
        await TakeAsync(CandidateTrial.MaxUnderWay + 2);
        await Until.TrueAsync(() => _store.Asked == CandidateTrial.MaxUnderWay, () => $"{_store.Asked} were asked");
        Assert.Equal(3L, _trial.Tally!.Skipped);
        _store.Gate.SetResult();
        _store.Gate = null;
        await UntilTriedAsync(CandidateTrial.MaxUnderWay + 3);
        await TakeAsync(1);
        await UntilTriedAsync(CandidateTrial.MaxUnderWay + 4);
        Assert.Equal((3L, CandidateTrial.MaxUnderWay + 1L), (_trial.Tally.Skipped, _trial.Tally.Decisions));
        Assert.Equal(CandidateTrial.MaxUnderWay + 1 - 2L, _trial.Tally.Stricter);
    }

    [Fact]
    public async Task L6_a_trial_that_fails_or_throws_changes_no_answer()
    {
        _store.Fault = StoreFault.Late;
        await TakeAsync(2);
        await UntilTriedAsync(2);
        _store.Throws = true;
        await TakeAsync(CandidateTrial.MaxUnderWay);
        await UntilTriedAsync(CandidateTrial.MaxUnderWay + 2);
        Assert.Equal((CandidateTrial.MaxUnderWay + 2L, 0L), (_trial.Tally!.Skipped, _trial.Tally.Decisions));
        (_store.Throws, _store.Fault) = (false, StoreFault.None);
        await TakeAsync(1);
        await UntilTriedAsync(CandidateTrial.MaxUnderWay + 3);
        Assert.Equal(1, _trial.Tally.Decisions);
    }

    [Fact]
    public async Task L9_a_refund_of_what_nothing_limits_gives_the_candidate_back_what_it_spent_and_is_no_take_of_less_than_nothing()
    {
        Current = PolicyDocument.Parse("defaultPlan: a\nplans: { a: { unlimited: true } }\n", "test");
        var decided = Some.Memory(_time);
        var limiter = new RateLimiter(this, _memory, _time, new CandidateTrial(this, new Lazy<IBucketStore>(() => decided), _time));
        var facts = Facts with { Cost = 2 };
        foreach (string? once in new[] { null, "once" })
        {
            Assert.True((await limiter.TakeAsync(facts)).Allowed);
            await Until.TrueAsync(async () => await SpentAsync() > 0, () => "nothing was tried");
            Assert.True((await limiter.RefundAsync(facts, once))!.Value.Allowed);
            await limiter.RefundAsync(facts, once is null ? null : "again");
            await Until.TrueAsync(async () => await SpentAsync() == 0, () => "it is spent still");
        }

        async Task<long> SpentAsync() =>
            (await decided.CheckAsync(Candidate!.Resolve(facts with { Cost = 0 })))[0].State.Spent;
    }

    [Fact]
    public async Task A_candidate_that_counts_another_unit_decides_and_is_charged_by_it()
    {
        Current = PolicyDocument.Parse("defaultPlan: a\nplans: { a: { limits: { requests: { rate: 100/h } } } }\n", "test");
        Candidate = PolicyDocument.Parse(
            "defaultPlan: a\nplans: { a: { limits: { tokens: { unit: tokens, rate: 10/366d, burst: 1x } } } }\n", "test");
        var decided = Some.Memory(_time);
        var trial = new CandidateTrial(this, new Lazy<IBucketStore>(() => decided), _time);
        var limiter = new RateLimiter(this, _memory, _time, trial);
        RequestFacts Of(long tokens) => Facts with { Costs = new Dictionary<string, long> { ["tokens"] = tokens } };
        long unit = Candidate.DefaultPlan.Limits[0].Quota.Rate.UnitsPerToken;
        async Task<long> SpentAsync() => (await decided.CheckAsync(Candidate!.Resolve(Of(0))))[0].State.Spent / unit;

        Assert.True((await limiter.TakeAsync(Of(6))).Allowed);
        Assert.Equal(["tokens"], (await limiter.TakeAsync(Of(6))).UnknownUnits!);
        await Until.TrueAsync(() => trial.Tally?.Decisions == 2, () => "they were not tried");
        Assert.Equal((1L, "tokens"), (trial.Tally!.Stricter, Assert.Single(trial.Tally.Limits).Name));
        await limiter.ChargeAsync(Of(8));
        await Until.TrueAsync(async () => await SpentAsync() == 14, () => "the charge was not tried");
        await limiter.RefundAsync(Of(9));
        await Until.TrueAsync(async () => await SpentAsync() == 5, () => "the refund was not tried");
    }

    [Fact]
    public async Task L10_a_candidate_takes_no_place_of_what_decides()
    {
        for (int i = 0; i < 20; i++)
            await _limiter.TakeAsync(new RequestFacts("acme", $"k{i}"));
        await UntilTriedAsync(20);
        Assert.Equal((20L, 20L), (_memory.Used, _trial.Tally!.Decisions));
    }

    [Fact]
    public async Task L10_limits_and_keys_that_disagree_are_counted_within_bounds()
    {
        var plans = Enumerable.Range(0, TrialTally.MaxLimits + 5).Select(i => $"  p{i}: {{ limits: {{ l{i}: {{ rate: 0/s }} }} }}\n");
        var tenants = Enumerable.Range(0, TrialTally.MaxLimits + 5).Select(i => $"  t{i}: {{ plan: p{i} }}\n");
        Candidate = PolicyDocument.Parse($"defaultPlan: p0\nplans:\n{string.Concat(plans)}tenants:\n{string.Concat(tenants)}", "test");
        for (int i = 0; i < TrialTally.MaxLimits + 5; i++)
            await _limiter.TakeAsync(new RequestFacts($"t{i}", $"k{i}"));
        await UntilTriedAsync(TrialTally.MaxLimits + 5);
        var tally = _trial.Tally!;
        Assert.Equal((TrialTally.MaxLimits + 1, 5L), (tally.Limits.Count, tally.Limits.Single(limit => limit.Name == TrialTally.Others).Stricter));
        Assert.Equal(TrialTally.MaxKeys, tally.Keys(int.MaxValue).Count);
        Assert.Equal(TrialTally.MaxLimits + 5, tally.Keys(int.MaxValue).Sum(key => key.Count));
    }

    [Fact]
    public async Task A_key_may_hold_anything_and_is_told_as_it_is()
    {
        await _limiter.TakeAsync(new RequestFacts("acme", "a\nb\n", 3));
        await UntilTriedAsync(1);
        Assert.Equal(new TrialKey("acme", "a\nb\n", "l", true, 1, 0), Assert.Single(_trial.Tally!.Keys(10)));
    }

    [Fact]
    public async Task Without_a_candidate_nothing_is_tried()
    {
        Candidate = null;
        await TakeAsync(3);
        Assert.Equal((0, (TrialTally?)null), (_store.Asked, _trial.Tally));
    }
}
