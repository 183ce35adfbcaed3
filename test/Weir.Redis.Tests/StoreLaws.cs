using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>
/// The behaviour of every store, stamped over each of them: memory, Redis, and Redis' stand-in. A store says in its answer what
/// time it decided at, so the reference can be asked the same question at the same moment (law L8).
/// </summary>
public abstract partial class StoreLaws
{
    private static int _keys;

    /// <summary>The store under test. On a server it is another instance, and so another connection, each time.</summary>
    protected abstract IBucketStore Store { get; }

    /// <summary>Lets time pass on the store's clock.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    private static string FreshKey() => $"key{Interlocked.Increment(ref _keys)}";

    private async Task<BucketResult> Take(string key, long cost = 1, TokenQuota? quota = null)
    {
        var answer = await Store.TakeAsync(Some.Request(key, cost, quota: quota));
        Assert.Equal(StoreFault.None, answer.Fault);
        return answer;
    }

    private async Task<BucketResult> Check(string key, long cost = 1, TokenQuota? quota = null) =>
        await Store.CheckAsync(Some.Request(key, cost, quota: quota));

    [Fact]
    public async Task L1_a_new_bucket_allows_its_capacity_and_what_refills_meanwhile()
    {
        string key = FreshKey();
        var bound = new IntervalBound(Some.Quota);
        for (int i = 0; i < 60; i++)
        {
            var answer = await Take(key);
            if (answer.Outcome == BucketOutcome.Allowed)
                bound.Admit(answer.NowUs, 1);
        }

        Assert.Equal(0, bound.UnitsOver);
        Assert.InRange(bound.Tokens, 10, 60);
    }

    [Fact]
    public async Task L1_takers_that_race_share_one_bucket()
    {
        string key = FreshKey();
        var slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 50);
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(_ => Task.Run(() => Take(key, quota: slow))));
        Assert.Equal(50, answers.Count(answer => answer.Outcome == BucketOutcome.Allowed));
    }

    [Fact]
    public async Task L2_a_refused_take_changes_nothing()
    {
        string key = FreshKey();
        var slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 10);
        var before = (await Take(key, 7, slow)).State;
        for (int i = 0; i < 5; i++)
            Assert.Equal((BucketOutcome.Refused, before), Both(await Take(key, 4, slow)));
        Assert.Equal(BucketOutcome.Allowed, (await Take(key, 3, slow)).Outcome);
    }

    [Theory]
    [InlineData(0, BucketOutcome.Allowed)]
    [InlineData(3, BucketOutcome.Allowed)]
    [InlineData(9, BucketOutcome.Allowed)]
    [InlineData(10, BucketOutcome.Refused)]
    [InlineData(11, BucketOutcome.NeverFits)]
    public async Task A_check_says_what_remains_now_whatever_it_would_cost(long cost, BucketOutcome outcome)
    {
        string key = FreshKey();
        var slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 10);
        Assert.Equal(10, Left(await Check(key, Math.Min(cost, 10), slow)));
        await Take(key, 1, slow);
        var check = await Check(key, cost, slow);
        Assert.Equal((outcome, 9L), (check.Outcome, Left(check)));

        long Left(BucketResult answer) => slow.TokensLeft(answer.State, answer.Time);
    }

    [Fact]
    public async Task L2_a_check_changes_nothing()
    {
        string key = FreshKey();
        var slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 10);
        Assert.Equal(BucketOutcome.Allowed, (await Check(key, 10, slow)).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await Check(key, 10, slow)).Outcome);
        await Take(key, 10, slow);
        Assert.Equal(BucketOutcome.Refused, (await Check(key, 1, slow)).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await Check(key, 0, slow)).Outcome);
    }

    [Fact]
    public async Task L3_a_refused_take_is_allowed_at_its_retry_time()
    {
        string key = FreshKey();
        await Take(key, 10);
        var refused = await Take(key, 2);
        long wait = WaitOf(refused, 2);
        Assert.InRange(wait, 1, 400_000);
        await PassAsync(TimeSpan.FromMicroseconds(wait));
        Assert.Equal(BucketOutcome.Allowed, (await Take(key, 2)).Outcome);
    }

    [Fact]
    public async Task A_cost_above_the_capacity_never_fits()
    {
        string key = FreshKey();
        Assert.Equal(BucketOutcome.NeverFits, (await Take(key, 11)).Outcome);
        Assert.Equal(BucketOutcome.NeverFits, (await Take(key, Bounds.MaxCost)).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await Take(key, 10)).Outcome);
    }

    [Fact]
    public async Task L5_a_bucket_that_is_as_new_is_as_good_as_missing()
    {
        string key = FreshKey();
        var fast = TokenQuota.Create(1_000, TimeSpan.FromSeconds(1), 10);
        await Take(key, 10, fast);
        await PassAsync(TimeSpan.FromMilliseconds(30));
        Assert.Equal(BucketOutcome.Allowed, (await Take(key, 10, fast)).Outcome);
    }

    [Fact]
    public Task L8_every_operation_agrees_with_the_reference() => AgreeAsync(
        from tokens in Gen.Long[1, 1_000]
        from periodMs in Gen.Int[1, 2_000]
        from capacity in Gen.Long[1, 200]
        from costs in Gen.Long[1, 40].Array[5, 30]
        select costs.Select(cost => (TokenQuota.Create(tokens, TimeSpan.FromMilliseconds(periodMs), capacity), cost)).ToArray());

    /// <summary>Slow quotas: a bucket that is as new by the quota it was written with may be forgotten before the next one looks at it.</summary>
    [Fact]
    public Task L8_every_operation_agrees_with_the_reference_while_the_quota_changes() => AgreeAsync(
        Gen.Select(Gen.Long[1, 5], Gen.Int[1, 50], Gen.Long[1, 200], Gen.Long[1, 40])
            .Select((tokens, hours, capacity, cost) => (TokenQuota.Create(tokens, TimeSpan.FromHours(hours), capacity), cost)).Array[5, 30]);

    [Theory]
    [InlineData(10_000_019, 20_000_038)]
    [InlineData(1_000_000_007, 2_000_000_014)]
    public async Task L8_coarse_clocks_agree_with_the_reference(long tokensPerDay, long capacity)
    {
        var quota = TokenQuota.Create(tokensPerDay, TimeSpan.FromDays(1), capacity);
        Assert.True(quota.Rate.TickUs > 1);
        string key = FreshKey();
        var reference = new ReferenceBucket(ForgetsEarlyUs);
        foreach (long cost in new[] { capacity, 1, 7, capacity / 2, 1 })
            reference.AssertAgrees(quota, cost, await Take(key, cost, quota));
    }

    /// <summary>Histories to try; fewer where each step is a journey.</summary>
    protected virtual int Iterations => 100;

    /// <summary>How long before it is as new the store may forget a bucket, in microseconds.</summary>
    protected virtual long ForgetsEarlyUs => 0;

    /// <summary>Takes without a pause but for what the store itself needs; the reference is asked at the time at which the store says it decided.</summary>
    private Task AgreeAsync(Gen<(TokenQuota Quota, long Cost)[]> histories) => histories.SampleAsync(
        async history =>
        {
            string key = FreshKey();
            var reference = new ReferenceBucket(ForgetsEarlyUs);
            foreach (var (quota, cost) in history)
            {
                reference.AssertAgrees(quota, cost, await Take(key, cost, quota));
                if (cost % 4 == 0)
                    await PassAsync(TimeSpan.FromMilliseconds(cost / 8.0));
            }
        },
        iter: Iterations,
        threads: 1);

    private static (BucketOutcome, BucketState) Both(BucketResult answer) => (answer.Outcome, answer.State);

    private static long WaitOf(BucketResult answer, long cost) => TokenBucket.MicrosecondsUntil(
        Some.Quota.Rate, answer.State, answer.NowUs, Some.Quota.CapacityUnits - Some.Quota.UnitsOf(cost));
}
