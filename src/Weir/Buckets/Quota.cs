namespace Weir;

/// <summary>
/// The numbers of a limit, and how they decide: a <see cref="TokenQuota"/>, a <see cref="WindowQuota"/> or a
/// <see cref="ConcurrencyQuota"/>. Immutable; compares by value.
/// </summary>
public abstract record Quota
{
    /// <summary>The first number that a double cannot count to: every amount of units stays below it.</summary>
    internal const long ExactLimit = 1L << 53;

    private protected Quota(long capacity, RefillRate rate)
    {
        Capacity = capacity;
        Rate = rate;
    }

    /// <summary>The most that can be taken at once: tokens in a full bucket, of a window, or permits. 0 bans.</summary>
    public long Capacity { get; }

    /// <summary>
    /// The longest time in which all of it comes back: what a bucket takes to fill, a window's length, a lease.
    /// </summary>
    public abstract TimeSpan Window { get; }

    /// <summary>
    /// The length of the window at a time: what a bucket takes to fill, or that calendar window. Null where there is
    /// none: concurrency and bans.
    /// </summary>
    public virtual TimeSpan? WindowAt(DateTimeOffset time) => Capacity == 0 ? null : Window;

    /// <summary>How a bucket drains, by which its state is also known in memory.</summary>
    internal RefillRate Rate { get; }

    /// <summary>
    /// Takes if there is room. Else nothing is spent, and <paramref name="state"/> is as the bucket stands.
    /// </summary>
    internal abstract BucketOutcome Take(ref BucketState state, in StoreTime time, long cost);

    /// <summary>Charges without asking, which can leave a debt, or gives back, never more than was spent.</summary>
    /// <param name="state">The bucket.</param>
    /// <param name="time">The store's clock.</param>
    /// <param name="cost">Tokens; negative to give back.</param>
    internal abstract void Charge(ref BucketState state, in StoreTime time, long cost);

    /// <summary>Whole tokens that are left.</summary>
    internal abstract long TokensLeft(BucketState state, in StoreTime time);

    /// <summary>Microseconds until a refused cost is allowed, if no other request takes.</summary>
    internal abstract long RetryUs(BucketState state, in StoreTime time, long cost);

    /// <summary>Microseconds until the bucket is as new.</summary>
    internal abstract long ResetUs(BucketState state, in StoreTime time);

    /// <summary>
    /// The state of a bucket that another quota wrote: spent stays spent (law L12), rounded against the caller.
    /// </summary>
    internal abstract BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time);
}
