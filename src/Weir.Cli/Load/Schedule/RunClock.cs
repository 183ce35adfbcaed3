namespace Weir.Cli.Load;

/// <summary>Clock of a run, in microseconds. The measured part starts at zero; the warm-up is negative.</summary>
internal sealed class RunClock
{
    private readonly TimeProvider _time;
    private readonly long _zero;
    private readonly double _usPerTick;

    public RunClock(TimeProvider time, TimeSpan warmup)
    {
        _time = time;
        _usPerTick = 1e6 / time.TimestampFrequency;
        _zero = time.GetTimestamp() + (long)(warmup.TotalSeconds * time.TimestampFrequency);
    }

    public long NowUs => (long)((_time.GetTimestamp() - _zero) * _usPerTick);

    public static long Us(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;
}
