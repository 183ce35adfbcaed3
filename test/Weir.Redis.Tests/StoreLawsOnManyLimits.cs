using CsCheck;

namespace Weir.Redis.Tests;

/// <summary>The laws of several limits, of windows, of places and of what is kept: stamped over every store, as the others are.</summary>
public abstract partial class StoreLaws
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 10);
    private static readonly TokenQuota Wide = TokenQuota.Create(1, TimeSpan.FromHours(1), 1_000);

    private static Limit Bucket(string name, TokenQuota quota, LimitMode mode = LimitMode.Enforce, long cost = 1) =>
        new(name, [Limit.KeyDimension], quota) { Mode = mode, Cost = cost };

    private static Limit Window(string name, long limit, WindowUnit every = WindowUnit.Day) =>
        WindowQuota.TryCreate(limit, every, "Europe/Berlin", out var quota, out string? error) ? new(name, [Limit.KeyDimension], quota) : throw new ArgumentException(error);

    private static Limit Permits(string name, long places, TimeSpan lease, long each = 1) =>
        ConcurrencyQuota.TryCreate(places, lease, out var quota, out string? error) ? new(name, [Limit.KeyDimension], quota) { Cost = each } : throw new ArgumentException(error);

    private static LimitSet Request(string key, long cost, params Limit[] limits) =>
        new Plan("many", [.. limits], OnOutage.Local).Resolve(new RequestFacts("acme", key, cost));

    private async Task<BucketResult> Ask(BucketOperation what, LimitSet limits)
    {
        var answer = await Store.AskAsync(new BucketCommand(limits, what));
        Assert.Equal(StoreFault.None, answer.Fault);
        return answer;
    }

    private Task<BucketResult> Take(LimitSet limits) => Ask(BucketOperation.Take, limits);

    /// <summary>What is left of each limit, in the plan's order.</summary>
    private async Task<string> Left(LimitSet limits) =>
        Lefts(limits, await Ask(BucketOperation.Check, limits with { Facts = limits.Facts with { Cost = 0 } }));

    private static string Lefts(LimitSet limits, BucketResult answer)
    {
        int index = 0;
        var left = new List<long>();
        foreach (var limit in limits)
            left.Add(limit.Quota.TokensLeft(answer[index++].State, answer.Time));
        return string.Join(' ', left);
    }

    [Fact]
    public async Task L2_what_one_limit_refuses_is_spent_on_none()
    {
        var set = Request(FreshKey(), 3, Bucket("a", Wide), Bucket("b", Slow), Window("c", 100), Permits("d", 50, TimeSpan.FromMinutes(5)));
        for (int i = 0; i < 3; i++)
            Assert.Equal(BucketOutcome.Allowed, (await Take(set with { Holder = new PermitHolder((UInt128)i) })).Outcome);
        var refused = await Take(set with { Holder = new PermitHolder(9) });
        Assert.Equal(BucketOutcome.Refused, refused.Outcome);
        Assert.Equal("Allowed Refused Allowed Allowed", string.Join(' ', Enumerable.Range(0, 4).Select(i => refused[i].Outcome)));
        Assert.Equal("991 1 91 47", await Left(set));
        Assert.Equal("991 1 91 47", Lefts(set, refused));
    }

    [Fact]
    public async Task L2_takers_that_race_spend_on_all_limits_or_on_none()
    {
        string key = FreshKey();
        var odd = Request(key, 1, Bucket("a", Wide), Bucket("b", Slow), Window("c", 100));
        var even = Request(key, 1, Window("c", 100), Bucket("a", Wide));
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () => (i, (await Take(i % 2 == 0 ? even : odd)).Outcome))));
        int odds = answers.Count(answer => answer.i % 2 == 1 && answer.Outcome == BucketOutcome.Allowed);
        int evens = answers.Count(answer => answer.i % 2 == 0 && answer.Outcome == BucketOutcome.Allowed);
        Assert.InRange(odds, 0, 10);
        Assert.Equal(100, odds + evens);
        Assert.Equal($"900 {10 - odds} 0", await Left(odd));
    }

    [Fact]
    public async Task A_check_of_several_limits_says_what_remains_now_and_whether_a_take_would_be_allowed()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Wide), Bucket("b", Slow), Window("c", 100), Permits("d", 50, TimeSpan.FromMinutes(5)));
        (string Left, BucketOutcome Outcome)[] steps =
            [("1000 10 100 50", BucketOutcome.Allowed), ("996 6 96 49", BucketOutcome.Allowed), ("992 2 92 48", BucketOutcome.Refused)];
        for (int i = 0; i < steps.Length; i++)
        {
            var check = await Ask(BucketOperation.Check, set);
            Assert.Equal(steps[i], (Lefts(set, check), check.Outcome));
            Assert.Equal(check.Outcome, (await Take(set with { Holder = new PermitHolder((UInt128)i) })).Outcome);
        }
    }

    [Fact]
    public async Task A_limit_in_shadow_mode_counts_and_never_refuses()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Wide), Bucket("b", Slow, LimitMode.Shadow));
        for (int i = 0; i < 4; i++)
        {
            var answer = await Take(set);
            Assert.Equal(BucketOutcome.Allowed, answer.Outcome);
            Assert.Equal(i < 2 ? BucketOutcome.Allowed : BucketOutcome.Refused, answer[1].Outcome);
        }

        Assert.Equal("984 2", await Left(set));
    }

    [Fact]
    public async Task A_limit_multiplies_the_cost()
    {
        var set = Request(FreshKey(), 3, Bucket("a", Wide, cost: 5), Bucket("b", Wide));
        await Take(set);
        Assert.Equal("985 997", await Left(set));
        Assert.Equal(BucketOutcome.NeverFits, (await Take(Request(FreshKey(), 201, Bucket("a", Wide, cost: 5)))).Outcome);
    }

    [Fact]
    public async Task A_ban_never_allows_and_spends_nothing_on_others()
    {
        var set = Request(FreshKey(), 1, Bucket("a", Wide), Bucket("no", TokenQuota.None));
        Assert.Equal(BucketOutcome.NeverFits, (await Take(set)).Outcome);
        Assert.Equal("1000 0", await Left(set));
    }

    [Fact]
    public async Task A_window_allows_its_limit_and_all_of_it_again_when_it_has_ended()
    {
        var set = Request(FreshKey(), 4, Window("w", 10, WindowUnit.Second));
        long ends = 0;
        int allowed = 0;
        for (int i = 0; i < 3; i++)
        {
            var answer = await Take(set);
            bool other = ends != 0 && answer[0].State.At != ends;
            allowed = other ? 0 : allowed;
            ends = answer[0].State.At;
            Assert.Equal(allowed < 2 ? BucketOutcome.Allowed : BucketOutcome.Refused, answer.Outcome);
            allowed += answer.Outcome == BucketOutcome.Allowed ? 1 : 0;
            Assert.Equal(0, ends % 1_000_000);
        }

        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(BucketOutcome.Allowed, (await Take(set)).Outcome);
    }

    [Fact]
    public async Task L3_a_refusal_of_a_window_is_over_when_the_window_is()
    {
        var set = Request(FreshKey(), 10, Window("w", 10, WindowUnit.Second));
        await Take(set);
        BucketResult refused;
        // A second may end between the two.
        while ((refused = await Take(set)).Outcome == BucketOutcome.Allowed)
        {
        }

        long wait = set.First.Quota.RetryUs(refused[0].State, refused.Time, 10);
        Assert.InRange(wait, 1, 1_000_000);
        await PassAsync(TimeSpan.FromMicroseconds(wait));
        Assert.Equal(BucketOutcome.Allowed, (await Take(set)).Outcome);
    }

    [Fact]
    public async Task Places_are_held_until_they_are_given_back_or_the_lease_is_over()
    {
        var set = Request(FreshKey(), 7, Permits("p", 4, TimeSpan.FromSeconds(2), each: 2));
        Assert.Equal(BucketOutcome.Allowed, (await Take(set with { Holder = new PermitHolder(1) })).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await Take(set with { Holder = new PermitHolder(2) })).Outcome);
        var refused = await Take(set with { Holder = new PermitHolder(3) });
        Assert.Equal(BucketOutcome.Refused, refused.Outcome);
        Assert.InRange(set.First.Quota.RetryUs(refused[0].State, refused.Time, 2), 1, 2_000_000);
        await Ask(BucketOperation.Charge, set with { Holder = new PermitHolder(1) });
        Assert.Equal(BucketOutcome.Allowed, (await Take(set with { Holder = new PermitHolder(3) })).Outcome);
        await PassAsync(TimeSpan.FromMilliseconds(2_001));
        Assert.Equal("4", await Left(set));
    }

    [Fact]
    public async Task A_lease_of_a_reservation_is_the_shorter_of_both()
    {
        var set = Request(FreshKey(), 1, Permits("p", 1, TimeSpan.FromMinutes(5)));
        await Take(set with { Holder = new PermitHolder(1, TimeSpan.FromSeconds(1)) });
        Assert.Equal(BucketOutcome.Refused, (await Take(set with { Holder = new PermitHolder(2) })).Outcome);
        await PassAsync(TimeSpan.FromMilliseconds(1_001));
        Assert.Equal(BucketOutcome.Allowed, (await Take(set with { Holder = new PermitHolder(2) })).Outcome);
    }

    [Fact]
    public async Task What_is_given_back_is_never_more_than_was_spent_and_a_debt_is_possible()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Slow), Window("w", 10));
        await Take(set);
        await Ask(BucketOperation.Charge, set with { Facts = set.Facts with { Cost = -3 } });
        Assert.Equal("9 9", await Left(set));
        await Ask(BucketOperation.Charge, set with { Facts = set.Facts with { Cost = -30 } });
        Assert.Equal("10 10", await Left(set));
        await Ask(BucketOperation.Charge, set with { Facts = set.Facts with { Cost = 15 } });
        Assert.Equal(BucketOutcome.Refused, (await Take(set with { Facts = set.Facts with { Cost = 1 } })).Outcome);
        await Ask(BucketOperation.Charge, set with { Facts = set.Facts with { Cost = -6 } });
        Assert.Equal("1 1", await Left(set));
    }

    [Theory]
    [InlineData(BucketOperation.Charge, 1)]
    [InlineData(BucketOperation.Charge, 11)]
    [InlineData(BucketOperation.Charge, -3)]
    [InlineData(BucketOperation.Reset, 1)]
    public async Task L8_a_charge_and_a_reset_are_allowed_whatever_their_buckets_hold(BucketOperation operation, long cost)
    {
        var set = Request(FreshKey(), 10, Bucket("a", Slow), Window("w", 10));
        await Take(set);
        var result = await Ask(operation, set with { Facts = set.Facts with { Cost = cost } });
        Assert.Equal(
            [BucketOutcome.Allowed, BucketOutcome.Allowed, BucketOutcome.Allowed], [result.Outcome, result[0].Outcome, result[1].Outcome]);
    }

    [Fact]
    public async Task What_was_spent_in_a_window_is_not_given_back_to_another()
    {
        var set = Request(FreshKey(), 4, Window("w", 10));
        long ends = (await Take(set))[0].State.At;
        var back = new BucketCommand(set with { Facts = set.Facts with { Cost = -4 } }, BucketOperation.Charge);
        await Store.AskAsync(back with { OnlyEnds = [ends - 1] });
        Assert.Equal("6", await Left(set));
        await Store.AskAsync(back with { OnlyEnds = [ends] });
        Assert.Equal("10", await Left(set));
    }

    [Fact]
    public async Task L12_spent_stays_spent_when_a_window_becomes_a_bucket_and_a_bucket_a_window()
    {
        string key = FreshKey();
        await Take(Request(key, 4, Window("l", 10)));
        Assert.Equal("6", await Left(Request(key, 0, Bucket("l", Slow))));
        await Take(Request(key, 3, Bucket("l", Slow)));
        Assert.Equal("3", await Left(Request(key, 0, Window("l", 10))));
        await Take(Request(key, 1, Window("l", 10)));
        Assert.Equal("92", await Left(Request(key, 0, Window("l", 100, WindowUnit.Month))));
        await Take(Request(key, 1, Window("l", 100, WindowUnit.Month)));
        Assert.Equal("1", await Left(Request(key, 0, Window("l", 10, WindowUnit.Week))));
    }

    /// <summary>With a second a token, units are equal before and after, and only the drain tells the two quotas apart.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(100_000, false)]
    public async Task L3_a_refusal_after_a_cut_is_true_though_by_the_quota_before_the_bucket_would_soon_be_as_new(int secondsAToken, bool besideAnother)
    {
        string key = FreshKey();
        Limit[] others = besideAnother ? [Bucket("other", Wide)] : [];
        await Take(Request(key, 10, [Bucket("l", TokenQuota.Create(11, TimeSpan.FromSeconds(1), 10)), .. others]));
        var cut = Request(key, 10, [Bucket("l", TokenQuota.Create(1, TimeSpan.FromSeconds(secondsAToken), 10)), .. others]);
        Assert.Equal(BucketOutcome.Refused, (await Take(cut)).Outcome);
        await PassAsync(TimeSpan.FromMilliseconds(1_001));
        Assert.Equal(BucketOutcome.Refused, (await Take(cut)).Outcome);
    }

    [Fact]
    public async Task L12_a_bucket_and_places_of_the_same_name_do_not_meet()
    {
        string key = FreshKey();
        await Take(Request(key, 4, Bucket("l", Slow)));
        var places = Request(key, 1, Permits("l", 3, TimeSpan.FromMinutes(1)));
        Assert.Equal(BucketOutcome.Allowed, (await Take(places with { Holder = new PermitHolder(1) })).Outcome);
        Assert.Equal("2", await Left(places));
        Assert.Equal("6", await Left(Request(key, 0, Bucket("l", Slow))));
    }

    [Fact]
    public async Task A_reset_forgets_what_was_spent_and_who_holds_places()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Slow), Window("b", 10), Permits("c", 2, TimeSpan.FromMinutes(5)));
        await Take(set with { Holder = new PermitHolder(1) });
        await Take(set with { Holder = new PermitHolder(2) });
        Assert.Equal("2 2 0", await Left(set));
        Assert.Equal("10 10 2", Lefts(set, await Ask(BucketOperation.Reset, set)));
        Assert.Equal("10 10 2", await Left(set));
    }

    [Fact]
    public async Task L12_spent_stays_spent_while_takers_of_several_versions_race()
    {
        string key = FreshKey();
        Limit[] versions =
        [
            Bucket("l", TokenQuota.Create(1, TimeSpan.FromHours(50), 300)), Bucket("l", TokenQuota.Create(7, TimeSpan.FromHours(999), 200)), Window("l", 250, WindowUnit.Year),
        ];
        int[] turns = [.. Enumerable.Range(0, 240)];
        Random.Shared.Shuffle(turns);
        var taken = await Task.WhenAll(turns.Select(turn => Task.Run(async () =>
        {
            long cost = 1 + (turn % 4);
            var answer = await Take(Request(key, cost, versions[turn % versions.Length]));
            return answer.Outcome == BucketOutcome.Allowed ? cost : 0;
        })));
        long spent = taken.Sum();
        Assert.InRange(spent, 197, 300);
        foreach (var version in versions)
            Assert.Equal(Math.Max(0, version.Quota.Capacity - spent), long.Parse(await Left(Request(key, 0, version))));
    }

    [Fact]
    public Task L12_spent_stays_spent_whatever_changes_between_takes() => Gen
        .Select(Gen.Int[0, 2], Gen.Long[20, 200], Gen.Long[1, 10], Gen.Int[1, 20]).Array[3, 12]
        .SampleAsync(
            async steps =>
            {
                string key = FreshKey();
                long spent = 0;
                foreach (var (kind, capacity, cost, hours) in steps)
                {
                    var limit = kind == 0 ? Window("l", capacity, WindowUnit.Year) : Bucket("l", TokenQuota.Create(kind, TimeSpan.FromHours(100 * hours), capacity));
                    var answer = await Take(Request(key, cost, limit));
                    bool fits = spent + cost <= capacity;
                    Assert.Equal(fits ? BucketOutcome.Allowed : BucketOutcome.Refused, answer.Outcome);
                    spent += fits ? cost : 0;
                    // So slow that nothing comes back meanwhile; rounded against the caller by a token at most for each change of units.
                    Assert.InRange(long.Parse(Lefts(Request(key, 0, limit), answer)), Math.Max(0, capacity - spent - steps.Length), Math.Max(0, capacity - spent));
                    spent = Math.Max(spent, capacity - long.Parse(await Left(Request(key, 0, limit))));
                }
            },
            iter: Iterations,
            threads: 1);

    [Fact]
    public async Task A_take_that_is_asked_again_under_its_memo_is_answered_as_before()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Slow), Window("w", 100));
        var command = new BucketCommand(set, BucketOperation.Take) { RecordKey = new RecordKey(FreshId(), 1) };
        var first = await Store.AskAsync(command);
        for (int i = 0; i < 4; i++)
        {
            var again = await Store.AskAsync(command);
            Assert.Equal((first.Outcome, first[0], first[1]), (again.Outcome, again[0], again[1]));
        }

        Assert.Equal("6 96", await Left(set));
        Assert.Equal(StoreFault.Conflict, (await Store.AskAsync(command with { RecordKey = command.RecordKey! with { Fingerprint = 2 } })).Fault);
    }

    [Fact]
    public async Task A_refused_take_is_not_kept()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Slow));
        await Take(set with { Facts = set.Facts with { Cost = 10 } });
        var command = new BucketCommand(set, BucketOperation.Take) { RecordKey = new RecordKey(FreshId(), 1) };
        Assert.Equal(BucketOutcome.Refused, (await Store.AskAsync(command)).Outcome);
        await Ask(BucketOperation.Charge, set with { Facts = set.Facts with { Cost = -10 } });
        Assert.Equal(BucketOutcome.Allowed, (await Store.AskAsync(command)).Outcome);
    }

    [Fact]
    public async Task What_may_be_settled_is_settled_once_and_in_time()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Slow));
        UInt128 id = FreshId();
        await Store.AskAsync(new BucketCommand(set, BucketOperation.Take) { RecordKey = new RecordKey(id, 1) { Open = TimeSpan.FromMinutes(1), Text = [7, 8] } });
        var (kept, fault) = await Store.RecallAsync("acme", id);
        Assert.Equal((StoreFault.None, (byte)7, 4), (fault, kept!.Text[0], 10 - Slow.TokensLeft(kept.Lines[0].State, (await Ask(BucketOperation.Check, set)).Time)));
        var settle = new BucketCommand(set with { Facts = set.Facts with { Cost = -3 } }, BucketOperation.Charge) { RecordKey = new RecordKey(id, 5) { Settles = true } };
        for (int i = 0; i < 3; i++)
            Assert.Equal(StoreFault.None, (await Store.AskAsync(settle)).Fault);
        Assert.Equal("9", await Left(set));
        Assert.Equal(StoreFault.Conflict, (await Store.AskAsync(settle with { RecordKey = settle.RecordKey! with { Fingerprint = 6 } })).Fault);
        Assert.Equal(StoreFault.Gone, (await Store.AskAsync(settle with { RecordKey = settle.RecordKey! with { Id = FreshId() } })).Fault);
        Assert.Null((await Store.RecallAsync("globex", id)).Kept);
    }

    [Fact]
    public async Task What_is_not_settled_in_time_stays_spent()
    {
        var set = Request(FreshKey(), 4, Bucket("a", Slow));
        UInt128 id = FreshId();
        await Store.AskAsync(new BucketCommand(set, BucketOperation.Take) { RecordKey = new RecordKey(id, 1) { Open = TimeSpan.FromMilliseconds(20) } });
        await PassAsync(TimeSpan.FromMilliseconds(21));
        var settle = new BucketCommand(set with { Facts = set.Facts with { Cost = -4 } }, BucketOperation.Charge) { RecordKey = new RecordKey(id, 5) { Settles = true } };
        Assert.Equal(StoreFault.Gone, (await Store.AskAsync(settle)).Fault);
        Assert.Equal("6", await Left(set));
    }

    [Fact]
    public Task L8_several_limits_agree_with_the_reference() => Gen.Long[1, 8].Array[4, 20].SampleAsync(
        async costs =>
        {
            string key = FreshKey();
            Limit[] limits = [Bucket("a", TokenQuota.Create(3, TimeSpan.FromMilliseconds(700), 20)), Window("w", 60, WindowUnit.Hour), Bucket("s", TokenQuota.Create(7, TimeSpan.FromSeconds(2), 12), LimitMode.Shadow)];
            var states = new BucketState[limits.Length];
            foreach (long cost in costs)
            {
                var answer = await Take(Request(key, cost, limits));
                var after = (BucketState[])states.Clone();
                var outcomes = limits.Select((limit, i) => limit.Quota.Take(ref after[i], answer.Time, cost)).ToArray();
                bool allowed = outcomes[0] == BucketOutcome.Allowed && outcomes[1] == BucketOutcome.Allowed;
                for (int i = 0; i < limits.Length; i++)
                {
                    Assert.Equal(outcomes[i], answer[i].Outcome);
                    if (allowed && outcomes[i] == BucketOutcome.Allowed)
                        states[i] = after[i];
                    Assert.Equal(limits[i].Quota.TokensLeft(states[i], answer.Time), limits[i].Quota.TokensLeft(answer[i].State, answer.Time));
                }

                Assert.Equal(allowed, answer.Outcome == BucketOutcome.Allowed);
            }
        },
        iter: Iterations / 5,
        threads: 1);

    private static UInt128 FreshId() => (UInt128)Interlocked.Increment(ref _keys) << 7;
}
