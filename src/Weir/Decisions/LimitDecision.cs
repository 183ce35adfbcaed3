using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>Decision of one limit.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Outcome">Answer of this limit alone, as if enforced.</param>
/// <param name="Remaining">Tokens left in the bucket, in the limit's own unit; at least 0.</param>
/// <param name="RetryAfter">Wait until this limit allows the request; zero: now; null: never.</param>
/// <param name="ResetAfter">Time until the bucket is as new.</param>
public readonly record struct LimitDecision(Limit Limit, DecisionOutcome Outcome, long Remaining, TimeSpan? RetryAfter, TimeSpan ResetAfter)
{
    // A refused request always waits: room may be held back for other instances, or may just have come back.
    private const long LeastRetryUs = 1;

    /// <summary>True if this limit allows the request.</summary>
    public bool Allowed => Outcome == DecisionOutcome.Allowed;

    internal static LimitDecision Denied(Limit limit) =>
        new(limit, DecisionOutcome.MissingDimension, 0, null, TimeSpan.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static LimitDecision From(
        Limit limit, in BucketLine line, in StoreTime time, in RequestFacts facts, Share share = default) => new(
        limit,
        (DecisionOutcome)line.Outcome,
        share.TokensLeft(limit.Quota, line.State, time),
        line.Outcome switch
        {
            BucketOutcome.Allowed => TimeSpan.Zero,
            BucketOutcome.Refused => Microseconds(
                Math.Max(LeastRetryUs, share.RetryUs(limit.Quota, line.State, time, limit.CostOf(facts)))),
            _ => null,
        },
        Microseconds(limit.Quota.ResetUs(line.State, time)));

    /// <summary>True if this limit governs over the other one: the longer wait, else fewer requests left.</summary>
    internal bool Outweighs(in LimitDecision other, in RequestFacts facts)
    {
        if (Outcome != other.Outcome)
            return Outcome > other.Outcome;
        if (!Allowed)
            return RetryAfter > other.RetryAfter;
        long left = Limit.RequestsIn(Remaining, facts), othersLeft = other.Limit.RequestsIn(other.Remaining, facts);
        return left < othersLeft || (left == othersLeft && ResetAfter > other.ResetAfter);
    }

    private static TimeSpan Microseconds(long us) => TimeSpan.FromTicks(us * TimeSpan.TicksPerMicrosecond);
}
