namespace Weir;

/// <summary>Where buckets live.</summary>
/// <remarks>
/// A store decides on its own clock, all limits or none, in one call. It never throws for what can go wrong with it: that
/// is a <see cref="StoreFault"/> in the answer, since under load an exception a request is an outage of its own.
/// </remarks>
public interface IBucketStore
{
    /// <summary>Who decides when this store answers.</summary>
    DecisionSource Source { get; }

    /// <summary>Does what is asked.</summary>
    /// <param name="ask">The buckets, and what to do with them.</param>
    /// <param name="cancellation">Gives up waiting; the cost may have been spent.</param>
    ValueTask<BucketAnswer> AskAsync(StoreAsk ask, CancellationToken cancellation = default);

    /// <summary>Looks up an answer that was kept.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="id">What it is known by.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The answer, if there is one (any more), or why it cannot be looked up.</returns>
    ValueTask<(KeptAnswer? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default);
}

/// <summary>The two things that stores are asked all the time.</summary>
public static class BucketStoreExtensions
{
    /// <inheritdoc cref="StoreVerb.Take"/>
    public static ValueTask<BucketAnswer> TakeAsync(this IBucketStore store, LimitSet limits, CancellationToken cancellation = default) =>
        store.AskAsync(new StoreAsk(limits, StoreVerb.Take), cancellation);

    /// <inheritdoc cref="StoreVerb.Check"/>
    public static ValueTask<BucketAnswer> CheckAsync(this IBucketStore store, LimitSet limits, CancellationToken cancellation = default) =>
        store.AskAsync(new StoreAsk(limits, StoreVerb.Check), cancellation);
}
