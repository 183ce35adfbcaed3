namespace Weir.Redis.Tests;

/// <summary>What the reference knows of a bucket, and the quota it was last written with.</summary>
internal sealed class ReferenceBucket
{
    private BucketState _state;
    private TokenQuota? _writtenWith;

    /// <summary>The reference, asked the same at the same time, answers the same to the unit.</summary>
    public void AssertAgrees(TokenQuota quota, long cost, BucketAnswer answer)
    {
        var state = _writtenWith is null ? default
            : _state with { Spent = TokenBucket.Rescale(_state.Spent, _writtenWith.Rate.UnitsPerToken, quota.Rate.UnitsPerToken) };
        Assert.Equal(TokenBucket.Take(quota, ref state, answer.NowUs, cost), answer.Outcome);
        // Drained to the moment: a store may have forgotten a bucket that is as new, and keep a zero where the reference keeps a past.
        Assert.Equal(TokenBucket.SpentAt(quota.Rate, state, answer.NowUs), TokenBucket.SpentAt(quota.Rate, answer.State, answer.NowUs));
        // A refusal by another quota than the one before is written by that quota, too: what was spent is the same.
        if (answer.Outcome != BucketOutcome.NeverFits)
            (_state, _writtenWith) = (state, quota);
    }
}
