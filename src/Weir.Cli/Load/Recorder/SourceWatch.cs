namespace Weir.Cli.Load;

/// <summary>When a source first decided again after an event, such as Redis after its restart.</summary>
internal sealed class SourceWatch(AnswerSource source)
{
    private const long Unset = long.MaxValue;

    private long _eventUs = Unset;
    private long _firstUs = Unset;

    /// <summary>
    /// How long after the event the first such decision came; null when none came or nothing happened.
    /// </summary>
    public TimeSpan? After =>
        Volatile.Read(ref _firstUs) is var first && first == Unset ? null : TimeSpan.FromMicroseconds(first - Volatile.Read(ref _eventUs));

    public void Begin(long eventUs) => Volatile.Write(ref _eventUs, eventUs);

    public void See(in Sample sample, Answer answer)
    {
        // Only requests sent after the event count: an answer on its way was decided before.
        if (answer.Source == source && sample.SentUs >= Volatile.Read(ref _eventUs) && Volatile.Read(ref _firstUs) == Unset)
            Interlocked.CompareExchange(ref _firstUs, sample.DoneUs, Unset);
    }
}
