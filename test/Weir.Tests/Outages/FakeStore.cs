namespace Weir.Tests.Outages;

/// <summary>A Redis of the test's own making: sound, at fault, or holding its answers back.</summary>
internal sealed class FakeStore(TimeProvider time) : IBucketStore
{
    private readonly MemoryStore _buckets = new(new MemoryStoreOptions { MaxKeys = 64 }, time);

    public StoreFault Fault { get; set; }

    /// <summary>When set, answers wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Breaks the contract of a store.</summary>
    public bool Throws { get; set; }

    public int Asked { get; private set; }

    public DecisionSource Source => DecisionSource.Redis;

    public ValueTask<BucketAnswer> TakeAsync(LimitSet limits, CancellationToken cancellation = default) => AnswerAsync(limits, spend: true, cancellation);

    public ValueTask<BucketAnswer> CheckAsync(LimitSet limits, CancellationToken cancellation = default) => AnswerAsync(limits, spend: false, cancellation);

    private async ValueTask<BucketAnswer> AnswerAsync(LimitSet limits, bool spend, CancellationToken cancellation)
    {
        Asked++;
        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellation);
        if (Throws)
            throw new InvalidOperationException("a store is not to throw");
        if (Fault != StoreFault.None)
            return BucketAnswer.Failed(Fault);
        var answer = spend ? await _buckets.TakeAsync(limits, cancellation) : await _buckets.CheckAsync(limits, cancellation);
        return new BucketAnswer(answer.Outcome, answer.State, answer.NowUs, DecisionSource.Redis);
    }
}
