namespace Weir;

/// <summary>Options of a <see cref="CircuitBreaker"/>.</summary>
public sealed class BreakerOptions
{
    /// <summary>Number of failures in a row that opens the breaker, once the row lasts <see cref="Silence"/>; from 1;
    /// default 5.</summary>
    public int FailuresInARow { get; set; } = 5;

    /// <summary>Minimum duration of a row of failures, because simultaneous failures may have one cause; 0 to 1 minute;
    /// default 50 ms.</summary>
    public TimeSpan Silence { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Fraction of failed requests that opens the breaker; 0.01 to 1; default 0.5.</summary>
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Minimum requests in a <see cref="Window"/> for the fraction to count; from 1; default 20.</summary>
    public int LeastCalls { get; set; } = 20;

    /// <summary>Length of the window in which requests are counted; 10 ms to 1 minute; default 1 s.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Wait before each probe while the breaker is open; 10 ms to 1 minute; default 250 ms.</summary>
    public TimeSpan Break { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time after which an unanswered probe counts as lost; 10 ms to 1 minute; default 1 s.</summary>
    public TimeSpan ProbeLease { get; set; } = TimeSpan.FromSeconds(1);
}
