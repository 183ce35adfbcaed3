namespace Weir.Cli.Load;

/// <summary>Longest time without a decision for any user. Lock-free: a race makes a negative gap, ignored.</summary>
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
