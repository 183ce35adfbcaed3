namespace Weir.Cli.Load;

internal sealed class SourceWatch(AnswerSource source)
{
    private const long Unset = long.MaxValue;

    private long _eventUs = Unset;
    private long _firstUs = Unset;

    /// <summary>Null if no such decision came, or nothing happened.</summary>
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
