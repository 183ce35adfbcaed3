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

    /// <summary>Spends the cost if the limit allows it.</summary>
    /// <param name="limits">The request with the limit that applies; <see cref="LimitSet.Limit"/> is not null.</param>
    /// <param name="cancellation">Gives up waiting; the cost may have been spent.</param>
    ValueTask<BucketAnswer> TakeAsync(LimitSet limits, CancellationToken cancellation = default);

    /// <summary>Says what <see cref="TakeAsync"/> would answer, and spends nothing.</summary>
    /// <inheritdoc cref="TakeAsync" path="/param"/>
    ValueTask<BucketAnswer> CheckAsync(LimitSet limits, CancellationToken cancellation = default);
}
