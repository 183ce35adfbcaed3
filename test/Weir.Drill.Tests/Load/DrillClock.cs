using System.Diagnostics;

namespace Weir.Drill.Tests.Load;

/// <summary>
/// The one clock by which everything is logged, in microseconds from its beginning. The kernel slews it together with the clock of the day that Redis decides by, so
/// that a second is as long to both.
/// </summary>
internal sealed class DrillClock
{
    private const long TicksPerSecond = 1_000_000;

    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>The time of day at the beginning, in microseconds since 1970.</summary>
    public long WallUs { get; } = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Now, rounded down: for what begins.</summary>
    public long NowUs => (long)((Int128)(Stopwatch.GetTimestamp() - _began) * TicksPerSecond / Stopwatch.Frequency);

    /// <summary>Now, rounded up: for what ends.</summary>
    public long EndUs => NowUs + 1;
}
