namespace Weir;

/// <summary>Store that decided.</summary>
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

    /// <summary>No answer within the deadline. The cost may be spent, and is never sent twice.</summary>
    Late,

    /// <summary>As <see cref="Late"/>, but the store just answered another call: this machine is slow.</summary>
    Slow,

    /// <summary>The store refuses: out of memory, read-only, loading, or a wrong password.</summary>
    Refusing,

    /// <summary>This bucket alone cannot be read. Does not concern the store's health.</summary>
    Damaged,

    /// <summary>No room for another bucket; no bucket was forgotten to make room.</summary>
    Full,

    /// <summary>The record belongs to another request. Does not concern the store's health.</summary>
    Conflict,

    /// <summary>Nothing (left) to settle. Does not concern the store's health.</summary>
    Gone,

    /// <summary>Too many waiting requests of the tenant, or the same one is under way. Nothing was spent.</summary>
    Crowded,

    /// <summary>This instance lacked processor time. The cost may be spent, and is never sent twice.</summary>
    Starved,

    /// <summary>The tenant's stored answers reached their bound. Nothing was spent.</summary>
    AnswersFull,
}

/// <summary>A store's answer for one bucket alone, in units; its state is at the call or earlier.</summary>
public readonly record struct BucketLine(BucketOutcome Outcome, BucketState State)
{
    /// <summary>Units of a lease, which the store counts as spent beside the state.</summary>
    internal long Leased { get; init; }

    /// <summary>End of the lease that covered the decision, by the known buckets' clock; else 0.</summary>
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

/// <summary>Result of a command for all buckets of a request.</summary>
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

    /// <summary>Fault of the store; <see cref="StoreFault.None"/> for an answer.</summary>
    public StoreFault Fault { get; }

    /// <summary>Store that answered.</summary>
    public DecisionSource Source { get; }

    /// <summary>True if the fallback answered because the primary could not.</summary>
    public bool Degraded { get; internal init; }

    internal Share Share { get; init; }

    /// <summary>Clock and share of each line, if several partitions answered; else null.</summary>
    internal LineOrigin[]? Origins { get; init; }

    internal LineOrigin OriginOf(int limit) => Origins is { } origins ? origins[limit] : new LineOrigin(Time, Share);

    /// <summary>Worst outcome of the enforced limits.</summary>
    internal BucketOutcome Outcome { get; }

    internal StoreTime Time { get; private init; }

    internal BucketState State => _first.State;

    internal long NowUs => Time.NowUs;

    internal BucketLine this[int limit] => limit == 0 ? _first : _others![limit - 1];

    internal static BucketResult OfNone(DecisionSource source) => new(BucketOutcome.Allowed, default(BucketState), default, source);

    internal static BucketResult Stale(long nowUs) => new(StoreFault.Slow) { Time = new StoreTime(nowUs, nowUs), IsStale = true };

    /// <summary>True if nothing was done because the store's clock was unknown: ask again.</summary>
    internal bool IsStale { get; private init; }

    /// <summary>True for a result of known buckets, which does not concern the store's health.</summary>
    internal bool IsLocal { get; private init; }

    internal static BucketResult Locally(BucketOutcome outcome, ReadOnlySpan<BucketLine> lines, in StoreTime time) =>
        new(outcome, lines, time, DecisionSource.Redis) { IsLocal = true };

    /// <summary>True for a stored answer: nothing was done now.</summary>
    internal bool IsRemembered { get; init; }

    /// <summary>True if a take was not undone, since another caller was answered by its record.</summary>
    internal bool IsKept { get; init; }

    /// <summary>True if a charge changed any bucket.</summary>
    internal bool HasChanged { get; init; }

    /// <summary>True if no store was asked: a plan allows without an answer.</summary>
    internal bool IsUnasked { get; init; }

    internal IdempotencyRecord? Kept { get; init; }

    /// <summary>Makes a result without an answer.</summary>
    public static BucketResult Failed(StoreFault fault) => new(fault);
}
