namespace Weir;

/// <summary>
/// Decides what the primary cannot: in memory, on this instance's outage share of each bucket, from where the primary
/// was known to stand.
/// </summary>
internal sealed class FallbackStore(MemoryStore memory, KnownBuckets known, Func<int> instances) : IBucketStore
{
    private Share _share = Share.Whole;

    public DecisionSource Source => memory.Source;

    /// <summary>The outage share. It does not change while spending from it is not settled.</summary>
    public Share Share => known.Owing == 0 ? _share = new Share(instances()) : _share;

    public PendingResult? Execute(in StoreAsk command, out BucketAnswer result)
    {
        result = Execute(command);
        return null;
    }

    /// <summary>Executes a command on this instance's outage share.</summary>
    public BucketAnswer Execute(in StoreAsk command) => known.Execute(command, Share);

    public ValueTask<(KeptAnswer? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        memory.RecallAsync(tenant, id, cancellation);

    /// <summary>Returns what this instance remembers; null if nothing.</summary>
    public KeptAnswer? Recall(string tenant, UInt128 id) => memory.Recall(tenant, id);
}
