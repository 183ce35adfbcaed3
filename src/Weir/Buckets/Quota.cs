namespace Weir;

/// <summary>Numbers of a limit. Immutable; compares by value.</summary>
public abstract record Quota
{
    /// <summary>A double counts exactly only below this number, so every amount of units stays below it.</summary>
    internal const long ExactLimit = 1L << 53;

    private protected Quota(long capacity, RefillRate rate)
    {
        Capacity = capacity;
        Rate = rate;
    }

    /// <summary>Maximum cost of one request: tokens of a full bucket or a window, or permits. 0 bans.</summary>
    public long Capacity { get; }

    /// <summary>Time in which all of it returns: fill time, window length or permit timeout.</summary>
    public abstract TimeSpan Window { get; }

    /// <summary>Fill time, or length of the calendar window at a time; null for concurrency and bans.</summary>
    public virtual TimeSpan? WindowAt(DateTimeOffset time) => Capacity == 0 ? null : Window;

    internal RefillRate Rate { get; }

    /// <summary>Takes the cost if there is room. A refusal spends nothing, but advances the state to now.</summary>
    internal abstract BucketOutcome Take(ref BucketState state, in StoreTime time, long cost);

    /// <summary>Charges unconditionally, even into debt. A negative cost gives back at most the spent amount.</summary>
    internal abstract void Charge(ref BucketState state, in StoreTime time, long cost);

    internal abstract long TokensLeft(BucketState state, in StoreTime time);

    internal abstract long RetryUs(BucketState state, in StoreTime time, long cost);

    internal abstract long ResetUs(BucketState state, in StoreTime time);

    /// <summary>Converts another quota's state: spent stays spent (law L12), rounded against the caller.</summary>
    internal abstract BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time);
}
