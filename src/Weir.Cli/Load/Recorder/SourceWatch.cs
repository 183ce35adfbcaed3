namespace Weir.Cli.Load;

internal sealed class SourceWatch(AnswerSource source)
{
    private const long Unset = long.MaxValue;

    private long _eventUs = Unset;
    private long _firstUs = Unset;

    /// <summary>Time from the event to the first later decision by the source; null if either is missing.</summary>
    public TimeSpan? After =>
        Volatile.Read(ref _firstUs) is var first && first == Unset ? null : TimeSpan.FromMicroseconds(first - Volatile.Read(ref _eventUs));

    public void Begin(long eventUs) => Volatile.Write(ref _eventUs, eventUs);

    public void See(in Sample sample, Answer answer)
    {
        // Ignore requests sent before the event, because their decisions may precede the event.
        if (answer.Source == source && sample.SentUs >= Volatile.Read(ref _eventUs) && Volatile.Read(ref _firstUs) == Unset)
            Interlocked.CompareExchange(ref _firstUs, sample.DoneUs, Unset);
    }
}
