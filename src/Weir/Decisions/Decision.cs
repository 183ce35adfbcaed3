using System.Numerics;
using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>Outcome of a decision.</summary>
public enum DecisionOutcome
{
    /// <summary>The request may go ahead.</summary>
    Allowed,

    /// <summary>A limit refuses the request. A retry may succeed after <see cref="Decision.RetryAfter"/>.</summary>
    Refused,

    /// <summary>The cost exceeds the limit's capacity: no retry can succeed.</summary>
    NeverFits,

    /// <summary>The key is blocked; see <see cref="Decision.Reason"/>.</summary>
    Blocked,

    /// <summary>No store decided. For example, the plan denies requests in an outage, or memory is full.</summary>
    Unavailable,

    /// <summary>The request lacks a dimension of a limit with <see cref="OnMissing.Deny"/>.</summary>
    MissingDimension,

    /// <summary>The tenant's idempotency records are full. Nothing was spent; the retry time is an estimate.</summary>
    AnswersFull,
}

/// <summary>Decision on a request: outcome, governing limit, remaining tokens, retry time and source.</summary>
public readonly record struct Decision
{
    private static readonly TimeSpan AnswersFullPatience = TimeSpan.FromMinutes(1);

    private readonly LimitDecision[]? _lines;

    private readonly IReadOnlyDictionary<string, long>? _costs;

    /// <summary>Ticks of <see cref="RetryAfter"/>; -1 stands for null.</summary>
    private readonly long _retryTicks;

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

    /// <summary>Outcome of the request.</summary>
    public DecisionOutcome Outcome { get; }

    /// <summary>True if the request may go ahead.</summary>
    public bool Allowed => Outcome == DecisionOutcome.Allowed;

    /// <summary>Tenant of the request.</summary>
    public string Tenant { get; }

    /// <summary>Plan that decided, with the overrides of the tenant or key.</summary>
    public Plan Plan { get; }

    /// <summary>Governing limit: enforced, with longest wait or fewest requests left; null if none governs.</summary>
    public Limit? Limit { get; }

    /// <summary>Tokens left in the governing limit's bucket after this decision, in the limit's unit.</summary>
    public long Remaining { get; }

    /// <summary>Wait before a retry if no other request takes: zero if allowed, null if never or unknown.</summary>
    public TimeSpan? RetryAfter => _retryTicks < 0 ? null : new TimeSpan(_retryTicks);

    /// <summary>Time until the governing limit's bucket has its full capacity again.</summary>
    public TimeSpan ResetAfter { get; }

    /// <summary>Explanation of a block, a missing dimension or full idempotency records; otherwise null.</summary>
    public string? Reason { get; }

    /// <summary>Store that decided.</summary>
    public DecisionSource Source { get; }

    /// <summary>True if the primary could not decide: memory did or, without memory, the outage setting.</summary>
    public bool Degraded { get; }

    /// <summary>Units in the request's costs that no limit of the plan counts; null if there are none.</summary>
    public IReadOnlyList<string>? UnknownUnits => _costs is null ? null : Plan.UnknownUnits(_costs);

    /// <summary>True if a limit was skipped because the request lacks a dimension.</summary>
    public bool HasSkipped => _skipped != 0;

    /// <summary>Returns the names of the skipped limits, in the plan's order.</summary>
    public IEnumerable<string> Skipped()
    {
        for (uint rest = _skipped; rest != 0; rest &= rest - 1)
            yield return Plan.Limits[BitOperations.TrailingZeroCount(rest)].Name;
    }

    /// <summary>True if a limit decided; false if no limit applies, the key is blocked or no store answered.</summary>
    public bool IsByBuckets => Limit is not null && _lines is not { Length: 0 };

    /// <summary>Returns the decision of each applying limit, in the plan's order; empty if no limit decided.</summary>
    public IReadOnlyList<LimitDecision> Limits() => _lines ?? [new LimitDecision(Limit!, Outcome, Remaining, RetryAfter, ResetAfter)];

    /// <summary>True if this decision governs over one that was made with it: the longer wait, else the fewer left.</summary>
    internal bool Outweighs(in Decision other) =>
        Rank != other.Rank ? Rank > other.Rank
        : !Allowed ? (RetryAfter ?? TimeSpan.MaxValue) > (other.RetryAfter ?? TimeSpan.MaxValue)
        : Limit is not null && (other.Limit is null || Remaining < other.Remaining);

    /// <summary>No decision at all outweighs a refusal.</summary>
    private int Rank => Outcome is DecisionOutcome.Unavailable or DecisionOutcome.AnswersFull ? int.MaxValue : (int)Outcome;

    internal static Decision From(in LimitSet limits, in BucketResult answer)
    {
        if (answer.Fault != StoreFault.None)
            return WithoutStore(limits, answer);
        if (limits.Count != 1 || limits.Denied != 0 || limits.First.Mode != LimitMode.Enforce)
            return FromMany(limits, answer);
        var line = LimitDecision.From(limits.First, answer[0], answer.Time, limits.Facts, answer.Share);
        return Governed(limits, answer, line, null);
    }

    internal static Decision OfMemory(in LimitSet limits, Limit limit, in BucketLine result, in StoreTime time)
    {
        var line = LimitDecision.From(limit, result, time, limits.Facts, limits.Share);
        return new(limits, DecisionSource.Memory, false, null, line.Outcome, limit, line.Remaining, line.RetryAfter, line.ResetAfter);
    }

    /// <summary>Rebuilds a stored decision. Matches limits by name, and omits limits that no longer exist.</summary>
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

    /// <summary>Returns a decision without buckets: no limit applies, or a limit denies a missing dimension.</summary>
    internal static Decision Unasked(in LimitSet limits, DecisionSource source) =>
        FromMany(limits with { Applying = 0 }, BucketResult.OfNone(source));

    internal static Decision Unlimited(in LimitSet limits, DecisionSource source) => Unlimited(limits, BucketResult.OfNone(source), []);

    internal static Decision Blocked(in LimitSet limits, Block block, DateTimeOffset now, DecisionSource source) => new(
        limits, source, false, [], DecisionOutcome.Blocked, null, 0,
        block.Until is { } until ? TimeSpan.FromTicks(Math.Max(0, (until - now).Ticks)) : null, reason: block.Reason);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Decision Unlimited(in LimitSet limits, in BucketResult answer, LimitDecision[] lines) =>
        new(limits, answer.Source, answer.Degraded, lines, DecisionOutcome.Allowed, null, Quota.ExactLimit - 1, TimeSpan.Zero);

    private static Decision WithoutRoom(in LimitSet limits, in BucketResult answer) => new(
        limits, answer.Source, answer.Degraded, [], DecisionOutcome.AnswersFull, null, 0, AnswersFullPatience, reason:
            $"the idempotency records and reservations of tenant {limits.Facts.Tenant} take as many bytes as they may");

    // Returns the decision if no store answered: by the plan's outage setting, or AnswersFull.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Decision WithoutStore(in LimitSet limits, in BucketResult answer) =>
        answer.Fault == StoreFault.AnswersFull ? WithoutRoom(limits, answer)
        : limits.Plan.OnOutage == OnOutage.Allow
        ? new(limits, answer.Source, answer.Degraded, [], DecisionOutcome.Allowed, limits.First, limits.First.Quota.Capacity, TimeSpan.Zero)
        : new(limits, answer.Source, answer.Degraded, [], DecisionOutcome.Unavailable, limits.First, 0, null);
}
