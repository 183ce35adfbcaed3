namespace Weir.Cli.Load;

/// <summary>Longest time between two decisions. Lock-free: a race yields a negative gap, which is ignored.</summary>
internal sealed class AnswerGap
{
    private long _lastUs;
    private long _longestUs;

    public long LongestUs => Volatile.Read(ref _longestUs);

    public void Mark(long nowUs)
    {
        long gap = nowUs - Interlocked.Exchange(ref _lastUs, nowUs);
        long seen = Volatile.Read(ref _longestUs);
        while (gap > seen)
            seen = Interlocked.CompareExchange(ref _longestUs, gap, seen) is var now && now == seen ? gap : now;
    }
}
