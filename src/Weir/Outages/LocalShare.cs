namespace Weir;

/// <summary>Decides by itself what the primary cannot: in memory, on this instance's share of each bucket, from where the primary was known to stand.</summary>
internal sealed class LocalShare(MemoryStore memory, Ledger ledger, IPeers peers) : IBucketStore
{
    private Share _share = Share.Whole;

    public DecisionSource Source => memory.Source;

    /// <summary>The share of now. While something is spent of one that is not settled, it stays as it is.</summary>
    public Share Share => ledger.Owing == 0 ? _share = new Share(peers.Count) : _share;

    public PendingResult? Execute(in StoreAsk command, out BucketAnswer result)
    {
        result = Execute(command);
        return null;
    }

    /// <summary>Executes a command on this instance's share.</summary>
    public BucketAnswer Execute(in StoreAsk ask)
    {
        var share = Share;
        bool spends = ask.What is not (StoreVerb.Check or StoreVerb.Reset);
        if (ask.What != StoreVerb.Reset)
            ledger.BeginAlone(ask.Limits, spends);
        var answer = memory.Execute(ask with { Limits = ask.Limits with { Share = share } });
        if (spends)
            ledger.EndAlone(ask.Limits);
        return answer;
    }

    public ValueTask<(KeptAnswer? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        memory.RecallAsync(tenant, id, cancellation);

    /// <summary>Returns what this instance remembers; null if nothing.</summary>
    public KeptAnswer? Recall(string tenant, UInt128 id) => memory.Recall(tenant, id);
}
