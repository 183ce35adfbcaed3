namespace Weir.Cli.Load;

/// <summary>
/// The longest time in which no user at all got a decision: what an outage costs, in one number. Lock-free.
/// </summary>
/// <remarks>
/// Two answers that race may be seen in the wrong order; the gap between them is then negative and ignored, and was
/// tiny anyway.
/// </remarks>
internal sealed class AnswerGap
{
    private long _lastUs;
    private long _longestUs;

    public long LongestUs => Volatile.Read(ref _longestUs);

    /// <summary>An answer came at <paramref name="nowUs"/>, or the run ended there.</summary>
    public void Mark(long nowUs)
    {
        long gap = nowUs - Interlocked.Exchange(ref _lastUs, nowUs);
        long seen = Volatile.Read(ref _longestUs);
        while (gap > seen)
            seen = Interlocked.CompareExchange(ref _longestUs, gap, seen) is var now && now == seen ? gap : now;
    }
}
