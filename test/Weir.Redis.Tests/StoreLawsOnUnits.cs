using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>The laws of requests whose cost differs by unit, stamped over every store as the others are.</summary>
public abstract partial class StoreLaws
{
    private static readonly Gen<(long Tokens, long Bytes)> TwoCosts = Gen.Select(Gen.Frequency((1, Gen.Const(0L)), (3, Gen.Long[1, 40])), Gen.Frequency((1, Gen.Const(0L)), (3, Gen.Long[1, 15])));

    private static Limit OfUnit(string unit, Quota quota, long cost = 1) =>
        new(unit, [Limit.KeyDimension], quota) { Unit = unit, Cost = cost };

    /// <summary>A request by two units; a unit of cost 0 is not named.</summary>
    private static LimitSet Units(string key, (long Tokens, long Bytes) costs, params Limit[] limits)
    {
        var named = new Dictionary<string, long>();
        if (costs.Tokens != 0)
            named["tokens"] = costs.Tokens;
        if (costs.Bytes != 0)
            named["bytes"] = costs.Bytes;
        return new Plan("units", [.. limits], OnOutage.Local).Resolve(new RequestFacts("acme", key, 1, Costs: named));
    }

    private static Limit[] TwoUnits() =>
    [
        OfUnit("tokens", TokenQuota.Create(400, TimeSpan.FromMilliseconds(700), 90)), OfUnit("bytes", TokenQuota.Create(70, TimeSpan.FromMilliseconds(900), 50), cost: 2),
    ];

    [Fact]
    public Task L1_what_is_admitted_in_each_unit_stays_within_its_own_bound() => TwoCosts.Array[10, 40].SampleAsync(
        async steps =>
        {
            string key = FreshKey();
            var limits = TwoUnits();
            IntervalBound[] bounds = [.. limits.Select(limit => new IntervalBound((TokenQuota)limit.Quota))];
            foreach (var costs in steps)
            {
                var answer = await Take(Units(key, costs, limits));
                if (answer.Outcome == BucketOutcome.Allowed)
                {
                    bounds[0].Admit(answer.NowUs, costs.Tokens);
                    bounds[1].Admit(answer.NowUs, 2 * costs.Bytes);
                }

                await PassAsync(TimeSpan.FromMilliseconds(costs.Tokens % 5));
            }

            Assert.Equal((0, 0), (bounds[0].UnitsOver, bounds[1].UnitsOver));
            Assert.True(bounds[0].Tokens + bounds[1].Tokens > 0 || steps.All(costs => costs == default), "nothing was admitted");
        },
        iter: Iterations / 5,
        threads: 1);

    [Fact]
    public Task L2_what_one_unit_refuses_is_spent_in_none() => TwoCosts.Array[5, 25].SampleAsync(
        async steps =>
        {
            string key = FreshKey();
            Limit[] limits = [OfUnit("tokens", TokenQuota.Create(1, TimeSpan.FromHours(900), 200)), Window("requests", 12, WindowUnit.Year), OfUnit("bytes", TokenQuota.Create(1, TimeSpan.FromHours(900), 60), cost: 2)];
            long[] left = [200, 12, 60];
            foreach (var costs in steps)
            {
                long[] each = [costs.Tokens, 1, 2 * costs.Bytes];
                var answer = await Take(Units(key, costs, limits));
                bool fits = left.Zip(each).All(pair => pair.First >= pair.Second);
                Assert.Equal(fits, answer.Outcome == BucketOutcome.Allowed);
                left = fits ? [.. left.Zip(each, (all, one) => all - one)] : left;
                Assert.Equal(string.Join(' ', left), Lefts(Units(key, costs, limits), answer));
                Assert.Equal(string.Join(' ', left), await Left(Units(key, default, limits)));
            }
        },
        iter: Iterations / 5,
        threads: 1);

    [Fact]
    public Task L3_a_request_that_a_unit_refuses_is_allowed_at_its_retry_time() => TwoCosts.Array[8].SampleAsync(
        async steps =>
        {
            string key = FreshKey();
            var limits = TwoUnits();
            foreach (var costs in steps)
            {
                // A charge may leave a debt, which refuses also what costs 0.
                await Ask(BucketOperation.Charge, Units(key, (3 * costs.Bytes, costs.Tokens / 2), limits));
                var request = Units(key, costs, limits);
                var refused = await Take(request);
                if (refused.Outcome == BucketOutcome.Allowed)
                    continue;
                Assert.Equal(BucketOutcome.Refused, refused.Outcome);
                long wait = Enumerable.Range(0, limits.Length).Where(i => refused[i].Outcome == BucketOutcome.Refused)
                    .Max(i => limits[i].Quota.RetryUs(refused[i].State, refused.Time, limits[i].CostOf(request.Facts)));
                Assert.InRange(wait, 1, 5_000_000);
                await PassAsync(TimeSpan.FromMicroseconds(wait));
                Assert.Equal(BucketOutcome.Allowed, (await Take(request)).Outcome);
            }
        },
        iter: Math.Max(1, Iterations / 25),
        threads: 1);

    [Fact]
    public async Task A_cost_of_0_is_refused_only_while_its_bucket_is_in_debt()
    {
        string key = FreshKey();
        Limit[] limits = [OfUnit("tokens", Slow), OfUnit("bytes", Wide)];
        Assert.Equal(BucketOutcome.Allowed, (await Take(Units(key, (10, 0), limits))).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await Take(Units(key, (0, 5), limits))).Outcome);
        await Ask(BucketOperation.Charge, Units(key, (1, 0), limits));
        Assert.Equal(BucketOutcome.Refused, (await Take(Units(key, (0, 5), limits))).Outcome);
        await Ask(BucketOperation.Charge, Units(key, (-1, 0), limits));
        Assert.Equal(BucketOutcome.Allowed, (await Take(Units(key, (0, 5), limits))).Outcome);
        Assert.Equal("0 990", await Left(Units(key, default, limits)));
    }

    private enum Step
    {
        Take,
        Check,
        Charge,
        Refund,
    }

    [Fact]
    public Task L8_costs_by_unit_agree_with_the_reference() => Gen
        .Select(TwoCosts, Gen.Enum<Step>()).Array[5, 25]
        .SampleAsync(
            async steps =>
            {
                string key = FreshKey();
                var monthly = new Limit("monthly", [Limit.KeyDimension], Some.WindowOf(70)) { Unit = "bytes", Mode = LimitMode.Shadow };
                Limit[] limits = [.. TwoUnits(), monthly];
                var states = new BucketState[limits.Length];
                foreach (var (costs, step) in steps)
                {
                    int sign = step == Step.Refund ? -1 : 1;
                    var request = Units(key, (sign * costs.Tokens, sign * costs.Bytes), limits);
                    var answer = await Ask(step switch { Step.Take => BucketOperation.Take, Step.Check => BucketOperation.Check, _ => BucketOperation.Charge }, request);
                    AssertAgrees(limits, [costs.Tokens, 2 * costs.Bytes, costs.Bytes], step, states, answer);
                }
            },
            iter: Iterations / 5,
            threads: 1);

    private static void AssertAgrees(Limit[] limits, long[] costs, Step step, BucketState[] states, BucketResult answer)
    {
        var after = (BucketState[])states.Clone();
        var outcomes = new BucketOutcome[limits.Length];
        for (int i = 0; i < limits.Length; i++)
        {
            if (step is Step.Take or Step.Check)
                outcomes[i] = limits[i].Quota.Take(ref after[i], answer.Time, costs[i]);
            else
                limits[i].Quota.Charge(ref after[i], answer.Time, step == Step.Refund ? -costs[i] : costs[i]);
        }

        bool isAllowed = limits.Zip(outcomes).All(pair => pair.First.Mode == LimitMode.Shadow || pair.Second == BucketOutcome.Allowed);
        Assert.Equal(isAllowed, answer.Outcome == BucketOutcome.Allowed);
        for (int i = 0; i < limits.Length; i++)
        {
            Assert.Equal(outcomes[i], answer[i].Outcome);
            if (step != Step.Check && isAllowed && outcomes[i] == BucketOutcome.Allowed)
                states[i] = after[i];
            Assert.Equal(limits[i].Quota.TokensLeft(states[i], answer.Time), limits[i].Quota.TokensLeft(answer[i].State, answer.Time));
        }
    }

    [Fact]
    public Task L12_spent_stays_spent_in_each_unit_whatever_changes_between_takes() => Gen
        .Select(TwoCosts, Gen.Long[60, 300], Gen.Int[0, 2]).Array[3, 12]
        .SampleAsync(
            async steps =>
            {
                string key = FreshKey();
                long[] spent = [0, 0];
                foreach (var (costs, capacity, kind) in steps)
                {
                    Quota quota = kind == 0 ? Some.WindowOf(capacity, WindowUnit.Year) : TokenQuota.Create(kind, TimeSpan.FromHours(900), capacity);
                    Limit[] limits = [OfUnit("tokens", quota), OfUnit("bytes", quota)];
                    var answer = await Take(Units(key, costs, limits));
                    bool fits = spent[0] + costs.Tokens <= capacity && spent[1] + costs.Bytes <= capacity;
                    Assert.Equal(fits, answer.Outcome == BucketOutcome.Allowed);
                    spent = fits ? [spent[0] + costs.Tokens, spent[1] + costs.Bytes] : spent;
                    long[] left = [.. (await Left(Units(key, default, limits))).Split(' ').Select(long.Parse)];
                    for (int i = 0; i < left.Length; i++)
                    {
                        // So slow that nothing comes back meanwhile; rounded against the caller by a token at most for each change of units.
                        Assert.InRange(left[i], Math.Max(0, capacity - spent[i] - steps.Length), Math.Max(0, capacity - spent[i]));
                        spent[i] = Math.Max(spent[i], left[i] > 0 ? capacity - left[i] : 0);
                    }
                }
            },
            iter: Iterations / 2,
            threads: 1);
}
