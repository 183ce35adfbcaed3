namespace Weir.Redis;

/// <summary>Resumes several callers in one work item, because a work item costs more than most callers.</summary>
internal sealed class Resumption : IThreadPoolWorkItem
{
    /// <summary>Minimum callers per work item, so that few pool threads are woken.</summary>
    private const int Least = 16;

    private const int Most = 64;

    private static readonly Pool<Resumption> Spare = new(static () => new Resumption(), 1_024);

    private readonly PendingCommand[] _takes = new PendingCommand[Most];
    private int _count;

    public static void Queue(ReadOnlySpan<PendingCommand> answered)
    {
        // Splits a large batch evenly among the cores.
        int size = Math.Clamp((answered.Length + Environment.ProcessorCount - 1) / Environment.ProcessorCount, Least, Most);
        for (; !answered.IsEmpty; answered = answered[Math.Min(size, answered.Length)..])
        {
            var some = Spare.Rent();
            some._count = Math.Min(size, answered.Length);
            answered[..some._count].CopyTo(some._takes);
            ThreadPool.UnsafeQueueUserWorkItem(some, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int i = 0; i < _count; i++)
            _takes[i].Resume();
        Array.Clear(_takes);
        Spare.Return(this);
    }
}
