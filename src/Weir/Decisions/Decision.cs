using System.Numerics;
using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>What a request gets.</summary>
public enum DecisionOutcome
{
    /// <summary>Go ahead.</summary>
    Allowed,

    /// <summary>Not now; <see cref="Decision.RetryAfter"/> says when.</summary>
    Refused,

    /// <summary>Not ever: the cost is above the limit's capacity, so there is no "later".</summary>
    NeverFits,

    /// <summary>The key is blocked; <see cref="Decision.Reason"/> says why.</summary>
    Blocked,

    /// <summary>
    /// No decision: the store is in an outage and the plan denies in that case, or there is no room for the bucket.
    /// </summary>
    Unavailable,

    /// <summary>
    /// Not ever: the request lacks a dimension of a limit with <see cref="OnMissing.Deny"/>;
    /// <see cref="Decision.Reason"/> names both.
    /// </summary>
    MissingDimension,

    /// <summary>
    /// Not now: the tenant's idempotency records and reservations take as many bytes as they may. Nothing was spent;
    /// <see cref="Decision.RetryAfter"/> is a guess.
    /// </summary>
    AnswersFull,
}

/// <summary>The answer: allowed or not, which limit governed, what remains, when to retry, who decided.</summary>
public readonly record struct Decision
{
    /// <summary>When to come back if no answer can be stored: a guess.</summary>
    private static readonly TimeSpan AnswersFullPatience = TimeSpan.FromMinutes(1);

    /// <summary>What each limit said; null when there is only the one that governed.</summary>
    private readonly LimitDecision[]? _lines;

    /// <summary>What the request costs in units other than requests; null for nothing.</summary>
    private readonly IReadOnlyDictionary<string, long>? _costs;

    /// <summary>Ticks of <see cref="RetryAfter"/>; below zero for null.</summary>
    private readonly long _retryTicks;

    /// <summary>The limits that were skipped: a bit each.</summary>
    private readonly uint _skipped;

    private Decision(
        in LimitSet limits, DecisionSource source, bool degraded, LimitDecision[]? lines, DecisionOutcome outcome,
        Limit? limit, long remaining, TimeSpan? retryAfter, TimeSpan resetAfter = default, string? reason = null)
    {
        Tenant = limits.Facts.Tenant;
        Plan = limits.Plan;
        _costs = limits.Facts.Costs;
        Source = source;
        Degraded = degraded;
        _lines = lines;
        _skipped = limits.Skipped;
        Outcome = outcome;
        Limit = limit;
        Remaining = remaining;
        _retryTicks = retryAfter?.Ticks ?? -1;
        ResetAfter = resetAfter;
        Reason = reason;
    }

    /// <summary>What the request gets.</summary>
    public DecisionOutcome Outcome { get; }

    /// <summary>True when the request may go ahead.</summary>
    public bool Allowed => Outcome == DecisionOutcome.Allowed;

    /// <summary>The tenant whose buckets were asked.</summary>
    public string Tenant { get; }

    /// <summary>The tenant's plan.</summary>
    public Plan Plan { get; }

    /// <summary>
    /// The limit that governed, or null when none that is enforced applied: of the limits that refused, the one with
    /// the longest wait; else the one with the fewest requests left.
    /// </summary>
    public Limit? Limit { get; }

    /// <summary>Tokens left in the governing limit's bucket after this decision, in the limit's own tokens.</summary>
    public long Remaining { get; }

    /// <summary>
    /// When this same request would be allowed if nobody else takes; zero when allowed, null when never or unknown.
    /// </summary>
    public TimeSpan? RetryAfter => _retryTicks < 0 ? null : new TimeSpan(_retryTicks);

    /// <summary>When the governing limit's bucket is as new.</summary>
    public TimeSpan ResetAfter { get; }

    /// <summary>Why the key is blocked, which dimension is missing, or whose answers are full; else null.</summary>
    public string? Reason { get; }

    /// <summary>Who decided.</summary>
    public DecisionSource Source { get; }

    /// <summary>True when memory decided because the configured store could not.</summary>
    public bool Degraded { get; }

    /// <summary>The units that the request names and no limit of the plan counts; null if there are none.</summary>
    public IReadOnlyList<string>? UnknownUnits => _costs is null ? null : Plan.UnknownUnits(_costs);

    /// <summary>True if a limit did not apply only because the request lacks one of its dimensions.</summary>
    public bool HasSkipped => _skipped != 0;

    /// <summary>The names of these limits, in the plan's order.</summary>
    public IEnumerable<string> Skipped()
    {
        for (uint rest = _skipped; rest != 0; rest &= rest - 1)
            yield return Plan.Limits[BitOperations.TrailingZeroCount(rest)].Name;
    }

    /// <summary>
    /// True if buckets decided; false if no limit applies, the key is blocked, or no store could be asked.
    /// </summary>
    public bool IsByBuckets => Limit is not null && _lines is not { Length: 0 };

    /// <summary>
    /// What each limit said that applied, in the plan's order; none when no store was asked, or could say.
    /// </summary>
    public IReadOnlyList<LimitDecision> Limits() => _lines ?? [new LimitDecision(Limit!, Outcome, Remaining, RetryAfter, ResetAfter)];

    /// <summary>Puts a store's answer into words. Pure.</summary>
    internal static Decision From(in LimitSet limits, in BucketResult answer)
    {
        if (answer.Fault != StoreFault.None)
            return WithoutStore(limits, answer);
        if (limits.Count != 1 || limits.Denied != 0 || limits.First.Mode != LimitMode.Enforce)
            return FromMany(limits, answer);
        var line = LimitDecision.From(limits.First, answer[0], answer.Time, limits.Facts, answer.Share);
        return Governed(limits, answer, line, null);
    }

    /// <summary>The decision of memory on the only limit, which is enforced.</summary>
    internal static Decision OfMemory(in LimitSet limits, Limit limit, in BucketLine result, in StoreTime time)
    {
        var line = LimitDecision.From(limit, result, time, limits.Facts, limits.Share);
        return new(limits, DecisionSource.Memory, false, null, line.Outcome, limit, line.Remaining, line.RetryAfter, line.ResetAfter);
    }

    /// <summary>
    /// A decision that was made before, by the names of its limits; of limits that are gone nothing can be told.
    /// </summary>
    internal static Decision Remembered(in LimitSet limits, IdempotencyRecord kept, string[] names, DecisionSource source, bool degraded)
    {
        var lines = new List<LimitDecision>();
        foreach (var limit in limits.Plan.Limits)
        {
            int index = Array.IndexOf(names, limit.Name);
            if (index >= 0 && index < kept.Lines.Count)
                lines.Add(LimitDecision.From(limit, kept.Lines[index], kept.TimeOf(index), limits.Facts));
        }

        var answer = BucketResult.OfNone(source) with { Degraded = degraded };
        var facts = limits.Facts;
        var enforced = lines.Where(line => line.Limit.Mode == LimitMode.Enforce).ToList();
        return enforced.Count == 0
            ? Unlimited(limits, answer, [.. lines])
            : Governed(
                limits, answer,
                enforced.Aggregate((one, other) => other.Outweighs(one, facts) ? other : one), [.. lines]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Decision FromMany(in LimitSet limits, in BucketResult answer)
    {
        uint asked = limits.Applying, all = asked | limits.Denied;
        if (all == 0)
            return Unlimited(limits, answer, []);
        var lines = new LimitDecision[BitOperations.PopCount(all)];
        int count = 0, answered = 0, governing = -1;
        for (uint rest = all; rest != 0; rest &= rest - 1)
        {
            int i = BitOperations.TrailingZeroCount(rest);
            var limit = limits.Plan.Limits[i];
            if ((asked >> i & 1) == 0)
                lines[count] = LimitDecision.Denied(limit);
            else
            {
                var (time, share) = answer.OriginOf(answered);
                lines[count] = LimitDecision.From(limit, answer[answered++], time, limits.Facts, share);
            }

            if (limit.Mode == LimitMode.Enforce && (governing < 0 || lines[count].Outweighs(lines[governing], limits.Facts)))
                governing = count;
            count++;
        }

        return governing < 0 ? Unlimited(limits, answer, lines) : Governed(limits, answer, lines[governing], lines);
    }

    private static Decision Governed(in LimitSet limits, in BucketResult answer, in LimitDecision line, LimitDecision[]? lines) =>
        new(
            limits, answer.Source, answer.Degraded, lines, line.Outcome, line.Limit, line.Remaining, line.RetryAfter,
            line.ResetAfter, line.Outcome == DecisionOutcome.MissingDimension ? line.Limit.DenialOf(limits.Facts) : null);

    /// <summary>
    /// The decision that needs no bucket: no limit applies, or one refuses the request for a missing dimension.
    /// </summary>
    internal static Decision Unasked(in LimitSet limits, DecisionSource source) =>
        FromMany(limits with { Applying = 0 }, BucketResult.OfNone(source));

    /// <summary>The decision of a request that no limit applies to.</summary>
    internal static Decision Unlimited(in LimitSet limits, DecisionSource source) => Unlimited(limits, BucketResult.OfNone(source), []);

    /// <summary>The decision of a request whose key is blocked.</summary>
    internal static Decision Blocked(in LimitSet limits, Block block, DateTimeOffset now, DecisionSource source) => new(
        limits, source, false, [], DecisionOutcome.Blocked, null, 0,
        block.Until is { } until ? TimeSpan.FromTicks(Math.Max(0, (until - now).Ticks)) : null, reason: block.Reason);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Decision Unlimited(in LimitSet limits, in BucketResult answer, LimitDecision[] lines) =>
        new(limits, answer.Source, answer.Degraded, lines, DecisionOutcome.Allowed, null, Quota.ExactLimit - 1, TimeSpan.Zero);

    private static Decision WithoutRoom(in LimitSet limits, in BucketResult answer) => new(
        limits, answer.Source, answer.Degraded, [], DecisionOutcome.AnswersFull, null, 0, AnswersFullPatience, reason:
            $"the idempotency records and reservations of tenant {limits.Facts.Tenant} take as many bytes as they may");

    /// <summary>No bucket was asked, so the plan's word for outages is all there is to go by.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Decision WithoutStore(in LimitSet limits, in BucketResult answer) =>
        answer.Fault == StoreFault.AnswersFull ? WithoutRoom(limits, answer)
        : limits.Plan.OnOutage == OnOutage.Allow
        ? new(limits, answer.Source, answer.Degraded, [], DecisionOutcome.Allowed, limits.First, limits.First.Quota.Capacity, TimeSpan.Zero)
        : new(limits, answer.Source, answer.Degraded, [], DecisionOutcome.Unavailable, limits.First, 0, null);
}
