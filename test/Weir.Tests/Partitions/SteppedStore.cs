namespace Weir.Tests.Partitions;

/// <summary>
/// A primary of several partitions, each a memory of its own, that executes what it is asked when the test says so and in
/// the order that the test chooses.
/// </summary>
internal sealed class SteppedStore(TimeProvider time, int partitions) : IBucketStore, IShardMap
{
    private readonly MemoryStore[] _partitions = [.. Enumerable.Range(0, partitions).Select(_ => new MemoryStore(new MemoryStoreOptions { MaxKeys = 1_024, HashSeed = 1 }, time))];
    private readonly List<Action> _waiting = [];

    public event Action? ShardsChanged
    {
        add { }
        remove { }
    }

    /// <summary>Says which commands get no answer.</summary>
    public Func<BucketCommand, StoreFault> FaultOf { get; set; } = _ => StoreFault.None;

    /// <summary>Commands and give-backs that were not executed yet.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Commands that were executed.</summary>
    public int Executed { get; private set; }

    /// <summary>True to answer at once.</summary>
    public bool IsImmediate { get; set; }

    public TimeSpan LongestAnswer => TimeSpan.FromMilliseconds(20);

    public DecisionSource Source => DecisionSource.Memory;

    public IReadOnlyList<int> Shards { get; } = [0];

    public int Partitions => partitions;

    public int PartitionOf(in RequestFacts facts, Limit limit)
    {
        int hash = 17;
        foreach (var dimension in limit.Dimensions)
        {
            foreach (char letter in dimension.ValueIn(facts) ?? "#")
                hash = unchecked((hash * 31) + letter);
        }

        return (int)((uint)hash % (uint)partitions);
    }

    public int ShardOf(string tenant, int partition) => 0;

    public string? NameOf(int shard) => null;

    /// <summary>Executes one of those that wait.</summary>
    public void Step(int which)
    {
        var step = _waiting[which % _waiting.Count];
        _waiting.Remove(step);
        step();
    }

    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        var asked = command;
        if (IsImmediate)
        {
            result = Execute(asked);
            return null;
        }

        var coming = new TaskCompletionSource<BucketResult>();
        _waiting.Add(() => coming.SetResult(Execute(asked)));
        return PendingResult.Of(command, new ValueTask<BucketResult>(coming.Task), out result);
    }

    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        _partitions[Partition.OfRecord(id, partitions)].RecallAsync(tenant, id, cancellation);

    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        var (undone, was) = (command, result);
        if (IsImmediate)
            return ((IBucketStore)At(undone)).Undo(undone, was);
        var done = new TaskCompletionSource();
        _waiting.Add(() =>
        {
            ((IBucketStore)At(undone)).Undo(undone, was);
            done.SetResult();
        });
        return done.Task;
    }

    private BucketResult Execute(in BucketCommand command)
    {
        Executed++;
        var fault = FaultOf(command);
        if (fault != StoreFault.None)
            return BucketResult.Failed(fault);
        At(command).Execute(command, out var result);
        return result;
    }

    private MemoryStore At(in BucketCommand command)
    {
        int partition = this.Of(command);
        foreach (var limit in command.Limits)
            Assert.Equal(partition, PartitionOf(command.Limits.Facts, limit));
        return _partitions[partition];
    }
}
