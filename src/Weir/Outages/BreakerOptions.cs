namespace Weir;

/// <summary>When a <see cref="CircuitBreaker"/> opens, and how it closes.</summary>
public sealed class BreakerOptions
{
    /// <summary>Failures without a success between them that open it, from 1; 5 by default.</summary>
    public int FailuresInARow { get; set; } = 5;

    /// <summary>The share of failures among the calls of one <see cref="Window"/> that opens it, from 0.01 to 1; 0.5 by default.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Calls in a <see cref="Window"/> below which its share says nothing, from 1; 20 by default.</summary>
    public int LeastCalls { get; set; } = 20;

    /// <summary>How long calls are counted together, from 10 ms to 1 minute; 1 s by default.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it stays open before each probe, from 10 ms to 1 minute; 250 ms by default.</summary>
    public TimeSpan Break { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a probe may take before it counts as lost and another may be sent, from 10 ms to 1 minute; 1 s by default.</summary>
    public TimeSpan ProbeLease { get; set; } = TimeSpan.FromSeconds(1);
}
