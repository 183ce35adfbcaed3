using System.Threading.Tasks.Sources;

namespace Weir.Redis;

/// <summary>One decision on its way: what is asked, until when, and who waits for it.</summary>
/// <remarks>
/// It is answered once, by whoever comes first: the reply, a fault, or the deadline; who answered it has it resumed
/// (<see cref="Resumption"/>). It is not pooled: a reply may come long after the deadline did, and must then find this
/// decision and not another one.
/// </remarks>
internal sealed class PendingTake(StoreAsk ask, byte[][] keys, byte[] numbers, LeaseTrip? trip, long dueAt) : IValueTaskSource<BucketAnswer>
{
    private ManualResetValueTaskSourceCore<BucketAnswer> _core;
    private BucketAnswer _answer;
    private int _answered;

    /// <summary>What is asked, in the core's words.</summary>
    public StoreAsk Ask { get; } = ask;

    /// <summary>In whose line it waits.</summary>
    public string Share { get; } = Shares.NameOf(ask.Limits);

    /// <summary>How many buckets it asks.</summary>
    public int Buckets { get; } = ask.Limits.Count;

    /// <summary>Its memo, if it has one, and a bucket for each limit; all of them in one slot.</summary>
    public byte[][] Keys { get; } = keys;

    /// <summary>What is asked, in the script's.</summary>
    public byte[] Numbers { get; } = numbers;

    /// <summary>What is asked for beside it; null for nothing.</summary>
    public LeaseTrip? Trip { get; } = trip;

    /// <summary>The timestamp at which the caller stops waiting.</summary>
    public long DueAt { get; } = dueAt;

    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public ValueTask<BucketAnswer> Answer => new(this, _core.Version);

    /// <summary>Answers. False when it is answered already; when true, the caller sees to it that it is resumed.</summary>
    public bool TryAnswer(in BucketAnswer answer)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
            return false;
        _answer = answer;
        return true;
    }

    /// <summary>Lets whoever waits go on, on this thread.</summary>
    public void Resume() => _core.SetResult(_answer);

    BucketAnswer IValueTaskSource<BucketAnswer>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<BucketAnswer>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<BucketAnswer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
