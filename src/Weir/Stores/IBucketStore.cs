using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>A store that decides on its own clock, all limits or none. Faults are results, never exceptions.</summary>
public interface IBucketStore
{
    /// <summary>Source of this store's decisions.</summary>
    DecisionSource Source { get; }

    /// <summary>Maximum time from a command to its result; zero (the default) for a store in this process.</summary>
    TimeSpan LongestAnswer => TimeSpan.Zero;

    /// <summary>Returns the known buckets of a shard; null (the default) if this store maintains none.</summary>
    internal KnownBuckets? KnownOf(int shard) => null;

    /// <summary>Executes a command. Returns null with the result, or a pending result to await.</summary>
    PendingResult? Execute(in BucketCommand command, out BucketResult result);

    /// <summary>Undoes a take or charge, and forgets its record; by default does nothing. No need to wait.</summary>
    internal Task Undo(in BucketCommand command, in BucketResult result) => Task.CompletedTask;

    /// <summary>Returns an idempotency record, null if there is none, or the fault that prevented an answer.</summary>
    ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default);
}

/// <summary>Executes bucket commands as tasks.</summary>
public static class BucketStoreExtensions
{
    /// <summary>Executes a command. Cancellation ends only the wait: the command may still be executed.</summary>
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
