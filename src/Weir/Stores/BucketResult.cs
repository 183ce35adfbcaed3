namespace Weir;

/// <summary>The store that made a decision.</summary>
public enum DecisionSource
{
    /// <summary>This instance's memory.</summary>
    Memory,

    /// <summary>Redis, for all instances together.</summary>
    Redis,
}

/// <summary>Reason why a store gave no answer.</summary>
public enum StoreFault
{
    /// <summary>No fault: the store answered.</summary>
    None,

    /// <summary>No connection to the store.</summary>
    Unreachable,

    /// <summary>No answer within the deadline. The cost may be spent; the command is never sent twice.</summary>
    Late,

    /// <summary>No answer in time, although the store answered other requests: this machine is slow.</summary>
    Slow,

    /// <summary>The store rejects commands, for example without memory, while loading or as a replica.</summary>
    Refusing,

    /// <summary>The stored bucket cannot be read. The store itself is healthy.</summary>
    Damaged,

    /// <summary>The store has no room for another bucket or permit holder, and removed none to make room.</summary>
    Full,

    /// <summary>The idempotency record belongs to a different request. The store itself is healthy.</summary>
    Conflict,

    /// <summary>The reservation does not exist or is no longer open. The store itself is healthy.</summary>
    Gone,

    /// <summary>Too many requests of the tenant wait, or one with this idempotency key. Nothing was spent.</summary>
    Crowded,

    /// <summary>This instance lacked processor time. The cost may be spent; the command is never sent twice.</summary>
    Starved,

    /// <summary>The tenant's idempotency records reached their bound. Nothing was spent.</summary>
    AnswersFull,
}

/// <summary>Answer of one bucket: its own outcome, and its state in units at the decision or earlier.</summary>
public readonly record struct BucketLine(BucketOutcome Outcome, BucketState State)
{
    /// <summary>Units of a granted lease. The store counts them as spent in addition to the state.</summary>
    internal long Leased { get; init; }

    /// <summary>End of the lease that covered the decision, by the clock of the known buckets; 0 for none.</summary>
    internal long LeaseEndsUs { get; init; }
}

internal readonly record struct LineOrigin(StoreTime Time, Share Share)
{
    public bool IsDegraded { get; init; }

    /// <summary>True for a result of known buckets.</summary>
    public bool IsLocal { get; init; }

    /// <summary>True if the partition gave no answer, and the plan allows without one.</summary>
    public bool IsUnasked { get; init; }
}

/// <summary>Result of a command: one line for each bucket of the request, or a fault.</summary>
public readonly record struct BucketResult
{
    private readonly BucketLine _first;
    private readonly BucketLine[]? _others;

    private BucketResult(StoreFault fault) => Fault = fault;

    internal BucketResult(BucketOutcome outcome, BucketState state, in StoreTime time, DecisionSource source)
    {
        Outcome = outcome;
        Time = time;
        Source = source;
        _first = new BucketLine(outcome, state);
    }

    internal BucketResult(
        BucketOutcome outcome, in BucketLine first, BucketLine[]? others, in StoreTime time, Share share, bool hasChanged)
    {
        Outcome = outcome;
        Time = time;
        Source = DecisionSource.Memory;
        Share = share;
        HasChanged = hasChanged;
        _first = first;
        _others = others;
    }

    internal BucketResult(BucketOutcome outcome, ReadOnlySpan<BucketLine> lines, in StoreTime time, DecisionSource source)
    {
        Outcome = outcome;
        Time = time;
        Source = source;
        _first = lines.IsEmpty ? default : lines[0];
        _others = lines.Length <= 1 ? null : lines[1..].ToArray();
    }

    /// <summary>Fault that prevented an answer; <see cref="StoreFault.None"/> for an answer.</summary>
    public StoreFault Fault { get; }

    /// <summary>The store that answered.</summary>
    public DecisionSource Source { get; }

    /// <summary>True if the primary could not answer: the fallback answered, or there is a fault.</summary>
    public bool Degraded { get; internal init; }

    internal Share Share { get; init; }

    /// <summary>Clock and outage share of each line, if several partitions answered; else null.</summary>
    internal LineOrigin[]? Origins { get; init; }

    internal LineOrigin OriginOf(int limit) => Origins is { } origins ? origins[limit] : new LineOrigin(Time, Share);

    /// <summary>Worst outcome of the enforced limits; limits in shadow mode do not count.</summary>
    internal BucketOutcome Outcome { get; }

    internal StoreTime Time { get; private init; }

    internal BucketState State => _first.State;

    internal long NowUs => Time.NowUs;

    internal BucketLine this[int limit] => limit == 0 ? _first : _others![limit - 1];

    internal static BucketResult OfNone(DecisionSource source) => new(BucketOutcome.Allowed, default(BucketState), default, source);

    internal static BucketResult Stale(long nowUs) => new(StoreFault.Slow) { Time = new StoreTime(nowUs, nowUs), IsStale = true };

    /// <summary>True if nothing was done because the command was made for another time. Send it again.</summary>
    internal bool IsStale { get; private init; }

    /// <summary>True if known buckets decided. Such a result says nothing about the store's health.</summary>
    internal bool IsLocal { get; private init; }

    internal static BucketResult Locally(BucketOutcome outcome, ReadOnlySpan<BucketLine> lines, in StoreTime time) =>
        new(outcome, lines, time, DecisionSource.Redis) { IsLocal = true };

    /// <summary>True if the answer comes from an idempotency record: nothing was spent now.</summary>
    internal bool IsRemembered { get; init; }

    /// <summary>True if a take was not undone because another caller got its stored answer, or it is settled.</summary>
    internal bool IsKept { get; init; }

    /// <summary>True if a charge changed any bucket.</summary>
    internal bool HasChanged { get; init; }

    /// <summary>True if no store was asked: a plan allows without an answer.</summary>
    internal bool IsUnasked { get; init; }

    internal IdempotencyRecord? Kept { get; init; }

    /// <summary>Makes a result with a fault instead of an answer.</summary>
    public static BucketResult Failed(StoreFault fault) => new(fault);
}
