namespace Weir.Redis.Tests;

/// <summary>What the reference knows of a bucket, and the quota it was last written with.</summary>
/// <param name="earlyUs">How long before it is as new a store may forget a bucket, in microseconds.</param>
internal sealed class ReferenceBucket(long earlyUs = 0)
{
    private BucketState _state;
    private TokenQuota? _writtenWith;

    /// <summary>The reference, asked the same at the same time, answers the same to the unit.</summary>
    public void AssertAgrees(TokenQuota quota, long cost, BucketResult answer)
    {
        var state = StateBefore(quota, cost, answer);
        Assert.Equal(TokenBucket.Take(quota, ref state, answer.NowUs, cost), answer.Outcome);
        // Drained to the moment: a store may have forgotten a bucket that is as new, and keep a zero where the reference keeps a past.
        Assert.Equal(SpentAt(quota, state, answer), SpentAt(quota, answer.State, answer));
        // A refusal by another quota than the one before is written by that quota, too: what was spent is the same.
        if (answer.Outcome != BucketOutcome.NeverFits)
            (_state, _writtenWith) = (state, quota);
    }

    private BucketState StateBefore(TokenQuota quota, long cost, BucketResult answer)
    {
        if (_writtenWith is not { } before || IsForgottenEarly(before, quota, cost, answer))
            return default;
        return _state with { Spent = TokenBucket.Rescale(_state.Spent, before.Rate.UnitsPerToken, quota.Rate.UnitsPerToken) };
    }

    private bool IsForgottenEarly(TokenQuota before, TokenQuota quota, long cost, BucketResult answer)
    {
        if (earlyUs == 0 || TokenBucket.MicrosecondsUntil(before.Rate, _state, answer.NowUs, 0) > earlyUs)
            return false;
        BucketState fresh = default;
        TokenBucket.Take(quota, ref fresh, answer.NowUs, cost);
        return SpentAt(quota, fresh, answer) == SpentAt(quota, answer.State, answer);
    }

    private static long SpentAt(TokenQuota quota, BucketState state, BucketResult answer) =>
        TokenBucket.SpentAt(quota.Rate, state, answer.NowUs);
}
