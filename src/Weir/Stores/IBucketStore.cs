using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>Where buckets live.</summary>
/// <remarks>
/// A store decides on its own clock, all limits or none, in one call. It reports errors as a <see cref="StoreFault"/>
/// in the result and never throws: under load, an exception per request would be an outage of its own.
/// </remarks>
public interface IBucketStore
{
    /// <summary>Who decides when this store answers.</summary>
    DecisionSource Source { get; }

    /// <summary>
    /// The longest time from a command to its result; zero (the default) for a store in this process.
    /// </summary>
    TimeSpan LongestAnswer => TimeSpan.Zero;

    /// <summary>
    /// Returns the known buckets of a shard, if this store learns of them by itself; null (the default) if it does not.
    /// </summary>
    internal KnownBuckets? KnownOf(int shard) => null;

    /// <summary>Executes a command.</summary>
    /// <param name="command">The buckets, and what to do with them.</param>
    /// <param name="result">The result, if the store has it at once.</param>
    /// <returns>The result to come; null if <paramref name="result"/> is it.</returns>
    PendingResult? Execute(in BucketCommand command, out BucketResult result);

    /// <summary>
    /// Undoes a take that this store has executed, since it was decided otherwise: gives back at face value what it
    /// spent, and forgets its record. By default, nothing.
    /// </summary>
    /// <returns>Ends when it is undone, or is given up. The caller need not wait.</returns>
    internal Task Undo(in BucketCommand command, in BucketResult result) => Task.CompletedTask;

    /// <summary>Looks up an answer that was kept.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The answer, if there is one (any more), or why it cannot be looked up.</returns>
    ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default);
}

/// <summary>Commands whose callers wait for the result as a task.</summary>
public static class BucketStoreExtensions
{
    /// <summary>Executes a command.</summary>
    /// <param name="store">The store.</param>
    /// <param name="command">The buckets, and what to do with them.</param>
    /// <param name="cancellation">Gives up waiting; the command is executed all the same.</param>
    public static ValueTask<BucketResult> AskAsync(this IBucketStore store, BucketCommand command, CancellationToken cancellation = default)
    {
        if (store.Execute(command, out var result) is not { } pending)
            return new(result);
        var waiting = WaitAsync(pending);
        return cancellation.CanBeCanceled ? new(waiting.AsTask().WaitAsync(cancellation)) : waiting;
    }

    /// <inheritdoc cref="BucketOperation.Take"/>
    public static ValueTask<BucketResult> TakeAsync(this IBucketStore store, LimitSet limits, CancellationToken cancellation = default) =>
        store.AskAsync(new BucketCommand(limits, BucketOperation.Take), cancellation);

    /// <inheritdoc cref="BucketOperation.Check"/>
    public static ValueTask<BucketResult> CheckAsync(this IBucketStore store, LimitSet limits, CancellationToken cancellation = default) =>
        store.AskAsync(new BucketCommand(limits, BucketOperation.Check), cancellation);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<BucketResult> WaitAsync(PendingResult pending)
    {
        await pending.Arrival.ConfigureAwait(false);
        return pending.Take();
    }
}
