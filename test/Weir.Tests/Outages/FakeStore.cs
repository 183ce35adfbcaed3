namespace Weir.Tests.Outages;

/// <summary>A Redis of the test's own making: sound, at fault, or holding its answers back.</summary>
internal sealed class FakeStore(TimeProvider time) : IBucketStore
{
    private MemoryStore _buckets = new(new MemoryStoreOptions { MaxKeys = 65_536 }, time);

    public StoreFault Fault { get; set; }

    /// <summary>What it does as it is asked, and answers too late.</summary>
    public Func<StoreAsk, bool> IsLateFor { get; set; } = _ => false;

    /// <summary>What it does not do, for there are too many.</summary>
    public Func<StoreAsk, bool> IsCrowdedFor { get; set; } = _ => false;

    /// <summary>Answers that were too late.</summary>
    public int Late { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Forget() => _buckets = new MemoryStore(new MemoryStoreOptions { MaxKeys = 65_536 }, time);

    /// <summary>It is sound again when it has been asked so often.</summary>
    public int SoundAfter { get; set; } = int.MaxValue;

    /// <summary>When set, answers wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Breaks the contract of a store.</summary>
    public bool Throws { get; set; }

    public int Asked { get; private set; }

    public DecisionSource Source => DecisionSource.Redis;

    public ValueTask<(KeptAnswer? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        _buckets.RecallAsync(tenant, id, cancellation);

    public PendingResult? Execute(in StoreAsk command, out BucketAnswer result)
    {
        var executing = ExecuteAsync(command);
        result = executing.IsCompletedSuccessfully ? executing.Result : default;
        return executing.IsCompletedSuccessfully ? null : PendingResult.Of(command, executing);
    }

    private async ValueTask<BucketAnswer> ExecuteAsync(StoreAsk ask)
    {
        Asked++;
        if (Gate is { } gate)
            await gate.Task;
        if (Throws)
            throw new InvalidOperationException("a store is not to throw");
        if (Fault != StoreFault.None && Asked <= SoundAfter)
            return BucketAnswer.Failed(Fault);
        if (IsCrowdedFor(ask))
            return BucketAnswer.Failed(StoreFault.Crowded);
        var answer = await _buckets.AskAsync(ask);
        if (IsLateFor(ask))
        {
            Late++;
            return BucketAnswer.Failed(StoreFault.Late);
        }

        if (answer.Fault != StoreFault.None)
            return answer;
        return new BucketAnswer(answer.Outcome, answer.State, answer.Time, DecisionSource.Redis);
    }
}
