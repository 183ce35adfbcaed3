using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>One limit's part of a decision.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Outcome">The answer of this limit alone, as if it were enforced.</param>
/// <param name="Remaining">Tokens left in the bucket, in the limit's own tokens; 0 or more.</param>
/// <param name="RetryAfter">When this limit would allow the request; zero when it does, null when never.</param>
/// <param name="ResetAfter">When the bucket is as new.</param>
public readonly record struct LimitDecision(Limit Limit, DecisionOutcome Outcome, long Remaining, TimeSpan? RetryAfter, TimeSpan ResetAfter)
{
    /// <summary>
    /// A refused request waits for something: room that its numbers show is held back for others for a moment
    /// (<see cref="HeldBack"/>), or came back between decision and answer.
    /// </summary>
    private const long LeastRetryUs = 1;

    /// <summary>True when this limit allows the request.</summary>
    public bool Allowed => Outcome == DecisionOutcome.Allowed;

    /// <summary>The refusal of a request that lacks a dimension of the limit.</summary>
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

    /// <summary>
    /// True if this limit governs rather than another one: the longer wait, else fewer requests left.
    /// </summary>
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
