namespace Weir.Redis;

/// <summary>
/// A few answered decisions whose callers go on in the thread pool, one after the other: never on the thread that answers,
/// which has others to answer, and not each by itself, since waking the pool costs more than most callers have left to do.
/// </summary>
internal sealed class Resumption : IThreadPoolWorkItem
{
    /// <summary>So many that the pool is woken seldom, so few that all cores have some of a batch.</summary>
    private const int Size = 16;

    private readonly PendingTake[] _takes;
    private readonly int _from;
    private readonly int _to;

    private Resumption(PendingTake[] takes, int from, int to) => (_takes, _from, _to) = (takes, from, to);

    /// <summary>Resumes the first <paramref name="count"/> of these, all of them answered by the caller.</summary>
    public static void Queue(PendingTake[] answered, int count)
    {
        for (int from = 0; from < count; from += Size)
            ThreadPool.UnsafeQueueUserWorkItem(new Resumption(answered, from, Math.Min(count, from + Size)), preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int i = _from; i < _to; i++)
            _takes[i].Resume();
    }
}
