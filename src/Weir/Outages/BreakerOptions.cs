namespace Weir;

/// <summary>When a <see cref="CircuitBreaker"/> opens, and how it closes.</summary>
public sealed class BreakerOptions
{
    /// <summary>
    /// Failures without a success between them that open it, from 1, once they have gone on for <see cref="Silence"/>;
    /// 5 by default.
    /// </summary>
    public int FailuresInARow { get; set; } = 5;

    /// <summary>
    /// How long a row of failures must last to open it, from 0 to 1 minute; 50 ms by default. A hundred requests that
    /// fall due in the same moment are one event, not a hundred.
    /// </summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The share of failures among the calls of a whole <see cref="Window"/> that opens it, from 0.01 to 1; 0.5 by
    /// default.
    /// </summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Calls in a <see cref="Window"/> below which its share says nothing, from 1; 20 by default.</summary>
    public int LeastCalls { get; set; } = 20;

    /// <summary>
    /// How long calls are counted together before their share is judged, from 10 ms to 1 minute; 1 s by default.
    /// </summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it stays open before each probe, from 10 ms to 1 minute; 250 ms by default.</summary>
    public TimeSpan Break { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a probe may take before it counts as lost and another may be sent, from 10 ms to 1 minute; 1 s by
    /// default.
    /// </summary>
    public TimeSpan ProbeLease { get; set; } = TimeSpan.FromSeconds(1);
}
