namespace Weir.Redis.Tests;

public sealed class ReferenceBucketTests
{
    private const long StartUs = 1_000_000_000;
    private const long TokenUs = 100_000;

    /// <summary>Ten tokens a second, ten at once: an empty bucket is as new after a second.</summary>
    private static readonly TokenQuota Quota = TokenQuota.Create(10, TimeSpan.FromSeconds(1), 10);

    private static BucketResult Answer(long nowUs, long spentTokens) => new(
        BucketOutcome.Allowed, new BucketState(Quota.UnitsOf(spentTokens), nowUs), new StoreTime(nowUs, nowUs), DecisionSource.Redis);

    private static ReferenceBucket After(long tokens, long earlyUs)
    {
        var bucket = new ReferenceBucket(earlyUs);
        bucket.AssertAgrees(Quota, tokens, Answer(StartUs, tokens));
        return bucket;
    }

    [Theory]
    [InlineData(3, 1, 300_000)]
    [InlineData(5, 2, 300_000)]
    [InlineData(9, 9, 1_000_000)]
    public void L8_a_store_may_forget_a_bucket_at_most_so_long_before_it_is_as_new(long taken, long again, long earlyUs)
    {
        long newAtUs = StartUs + (taken * TokenUs);
        After(taken, earlyUs).AssertAgrees(Quota, again, Answer(Math.Max(StartUs, newAtUs - earlyUs), again));
        if (newAtUs - earlyUs > StartUs)
            Assert.ThrowsAny<Exception>(() => After(taken, earlyUs).AssertAgrees(Quota, again, Answer(newAtUs - earlyUs - 1, again)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(9)]
    public void L8_the_reference_of_an_exact_store_forgets_nothing_early(long taken)
    {
        long nowUs = StartUs + (taken * TokenUs) - 1;
        Assert.ThrowsAny<Exception>(() => After(taken, 0).AssertAgrees(Quota, 1, Answer(nowUs, 1)));
        After(taken, 0).AssertAgrees(Quota, 1, Answer(nowUs + 1, 1));
    }

    [Fact]
    public void L8_a_wrong_answer_is_not_taken_for_a_forgotten_bucket() =>
        Assert.ThrowsAny<Exception>(() => After(3, 1_000_000).AssertAgrees(Quota, 1, Answer(StartUs, 2)));
}
