namespace Weir;

/// <summary>Options of a <see cref="CircuitBreaker"/>.</summary>
public sealed class BreakerOptions
{
    /// <summary>Failures in a row that open the breaker after <see cref="Silence"/>; from 1; default 5.</summary>
    public int FailuresInARow { get; set; } = 5;

    /// <summary>Minimum duration of the row: simultaneous failures count once; 0 to 1 minute; default 50 ms.</summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Ratio of failures in a <see cref="Window"/> that opens the breaker; 0.01 to 1; default 0.5.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Minimum number of calls in a <see cref="Window"/> to judge its ratio; from 1; default 20.</summary>
    public int LeastCalls { get; set; } = 20;

    /// <summary>Length of the window over which calls are counted; 10 ms to 1 minute; default 1 s.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time until each probe while open; 10 ms to 1 minute; default 250 ms.</summary>
    public TimeSpan Break { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time after which a probe counts as lost; 10 ms to 1 minute; default 1 s.</summary>
    public TimeSpan ProbeLease { get; set; } = TimeSpan.FromSeconds(1);
}
