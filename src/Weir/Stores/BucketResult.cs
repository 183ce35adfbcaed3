namespace Weir;

/// <summary>Who decided.</summary>
public enum DecisionSource
{
    /// <summary>This instance's memory.</summary>
    Memory,

    /// <summary>Redis, for all instances together.</summary>
    Redis,
}

/// <summary>Why a store could not answer.</summary>
public enum StoreFault
{
    /// <summary>It did answer.</summary>
    None,

    /// <summary>There is no connection to it.</summary>
    Unreachable,

    /// <summary>
    /// It did not answer within the deadline. The cost may have been spent, and is never asked for twice.
    /// </summary>
    Late,

    /// <summary>
    /// As <see cref="Late"/>, but it lives: it has answered another call a moment ago. On an overrun machine it is us
    /// who are slow.
    /// </summary>
    Slow,

    /// <summary>It answered that it cannot: out of memory, read-only, loading, a wrong password.</summary>
    Refusing,

    /// <summary>This bucket alone cannot be read; others can. Says nothing about the store's health.</summary>
    Damaged,

    /// <summary>It has no room for one bucket more; none was forgotten to make room.</summary>
    Full,

    /// <summary>The record belongs to another request. Does not blame the store.</summary>
    Conflict,

    /// <summary>There is nothing to settle (any more). Says nothing about the store's health.</summary>
    Gone,

    /// <summary>
    /// The tenant has too many requests waiting for the store, or the same
    /// request under the same idempotency key is late and still under way. Nothing was spent. Says nothing about the
    /// store's health.
    /// </summary>
    Crowded,

    /// <summary>
    /// This instance got too little processor time to send the call or to read its reply. The cost may have been spent,
    /// and is never asked for twice. Says nothing about the store's health.
    /// </summary>
    Starved,

    /// <summary>
    /// The stored answers of the tenant take as many bytes as they may, so that one more cannot be kept. Nothing was
    /// spent. Says nothing about the store's health.
    /// </summary>
    AnswersFull,
}

/// <summary>What a store says of one bucket: raw, in units.</summary>
/// <param name="Outcome">What this bucket alone would answer.</param>
/// <param name="State">The bucket after the call, drained to its time or stamped earlier.</param>
public readonly record struct BucketLine(BucketOutcome Outcome, BucketState State)
{
    /// <summary>
    /// Units that the store counts as spent beside <see cref="State"/>, because they are leased to the caller.
    /// </summary>
    internal long Leased { get; init; }

    /// <summary>
    /// Of a decision by leased tokens: when their lease ends, by the clock of the known buckets; else 0.
    /// </summary>
    internal long LeaseEndsUs { get; init; }
}

/// <summary>By which clock, and for which share of its bucket, a <see cref="BucketLine"/> is.</summary>
internal readonly record struct LineOrigin(StoreTime Time, Share Share);

/// <summary>What a store says of the buckets of one request; <see cref="Decision"/> makes words of it.</summary>
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

    /// <summary>The answer of memory.</summary>
    /// <param name="outcome">The outcome of all limits together.</param>
    /// <param name="first">The line of the first bucket.</param>
    /// <param name="others">The lines of the others, in the order of the limits; null if there are none.</param>
    /// <param name="time">The clock of memory.</param>
    /// <param name="share">The part of the buckets that answered.</param>
    /// <param name="hasChanged">Whether any bucket stands otherwise than before.</param>
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

    /// <summary>The answer of several buckets, in the order of the limits.</summary>
    internal BucketResult(BucketOutcome outcome, ReadOnlySpan<BucketLine> lines, in StoreTime time, DecisionSource source)
    {
        Outcome = outcome;
        Time = time;
        Source = source;
        _first = lines.IsEmpty ? default : lines[0];
        _others = lines.Length <= 1 ? null : lines[1..].ToArray();
    }

    /// <summary>Why there is no answer; <see cref="StoreFault.None"/> when there is one.</summary>
    public StoreFault Fault { get; }

    /// <summary>Who answered.</summary>
    public DecisionSource Source { get; }

    /// <summary>True when another than the configured store answered, because that one could not.</summary>
    public bool Degraded { get; internal init; }

    /// <summary>The part of the buckets that answered; the default is all of them.</summary>
    internal Share Share { get; init; }

    /// <summary>The clock and the share of each line, if several partitions answered; null if all are alike.</summary>
    internal LineOrigin[]? Origins { get; init; }

    /// <summary>Returns by which clock, and for which share, a line is.</summary>
    internal LineOrigin OriginOf(int limit) => Origins is { } origins ? origins[limit] : new LineOrigin(Time, Share);

    /// <summary>The outcome of all limits: the worst of the enforced ones.</summary>
    internal BucketOutcome Outcome { get; }

    /// <summary>The store's clock at the call.</summary>
    internal StoreTime Time { get; private init; }

    /// <summary>The first bucket after the call.</summary>
    internal BucketState State => _first.State;

    /// <inheritdoc cref="StoreTime.NowUs"/>
    internal long NowUs => Time.NowUs;

    /// <summary>What the bucket of one of the limits says.</summary>
    internal BucketLine this[int limit] => limit == 0 ? _first : _others![limit - 1];

    /// <summary>The answer when no bucket had to be asked.</summary>
    internal static BucketResult OfNone(DecisionSource source) => new(BucketOutcome.Allowed, default(BucketState), default, source);

    /// <summary>The store did nothing, since its clock is not where it was taken to be.</summary>
    internal static BucketResult Stale(long nowUs) => new(StoreFault.Slow) { Time = new StoreTime(nowUs, nowUs), IsStale = true };

    /// <summary>True when the same is to be asked again, now that the store's clock is known.</summary>
    internal bool IsStale { get; private init; }

    /// <summary>True if the result came from known buckets, so that it says nothing about the store's health.</summary>
    internal bool IsLocal { get; private init; }

    /// <summary>The answer of a store by what this instance knows of it.</summary>
    internal static BucketResult Locally(BucketOutcome outcome, ReadOnlySpan<BucketLine> lines, in StoreTime time) =>
        new(outcome, lines, time, DecisionSource.Redis) { IsLocal = true };

    /// <summary>True when it was given before, and nothing was done now.</summary>
    internal bool IsRemembered { get; init; }

    /// <summary>True if a take was not undone, since another caller was answered by its record.</summary>
    internal bool IsKept { get; init; }

    /// <summary>Of a charge: whether any bucket stands otherwise than before.</summary>
    internal bool HasChanged { get; init; }

    /// <summary>The record of a remembered answer, if the store has it at hand.</summary>
    internal IdempotencyRecord? Kept { get; init; }

    /// <summary>An answer that says why there is none.</summary>
    public static BucketResult Failed(StoreFault fault) => new(fault);
}
