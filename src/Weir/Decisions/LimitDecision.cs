using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>Decision of one limit.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Outcome">Outcome of this limit alone, as if it were enforced.</param>
/// <param name="Remaining">Tokens left in the bucket, in the limit's unit; at least 0.</param>
/// <param name="RetryAfter">Wait until this limit allows the request: zero if allowed, null if never.</param>
/// <param name="ResetAfter">Time until the bucket has its full capacity again.</param>
public readonly record struct LimitDecision(Limit Limit, DecisionOutcome Outcome, long Remaining, TimeSpan? RetryAfter, TimeSpan ResetAfter)
{
    // Minimum wait in microseconds after a refusal. The bucket may show room that is held back or has just returned.
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

    // True if this limit governs: worse outcome; else longer wait or, if allowed, fewer requests left or later reset.
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
