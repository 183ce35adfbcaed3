using System.Threading.Tasks.Sources;

namespace Weir.Redis;

/// <summary>One decision on its way: what is asked, until when, and who waits for it.</summary>
/// <remarks>
/// It is answered once, by whoever comes first: the reply, a fault, or the deadline. It is not pooled: a reply may come
/// long after the deadline did, and must then find this decision and not another one.
/// </remarks>
internal sealed class PendingTake(byte[] key, Quota quota, long cost, bool spend, long dueAt) : IValueTaskSource<BucketAnswer>
{
    // What waits goes on in the thread pool, never on the thread that answers, which has others to answer.
    private ManualResetValueTaskSourceCore<BucketAnswer> _core = new() { RunContinuationsAsynchronously = true };
    private int _answered;

    public byte[] Key { get; } = key;

    public Quota Quota { get; } = quota;

    public long Cost { get; } = cost;

    public bool Spend { get; } = spend;

    /// <summary>The timestamp at which the caller stops waiting.</summary>
    public long DueAt { get; } = dueAt;

    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public ValueTask<BucketAnswer> Answer => new(this, _core.Version);

    /// <summary>Answers; does nothing when it is answered already.</summary>
    public void TryAnswer(in BucketAnswer answer)
    {
        if (Interlocked.Exchange(ref _answered, 1) == 0)
            _core.SetResult(answer);
    }

    BucketAnswer IValueTaskSource<BucketAnswer>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<BucketAnswer>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<BucketAnswer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
