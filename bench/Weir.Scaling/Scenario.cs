namespace Weir.Scaling;

/// <summary>What is simulated.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Spread">Which keys are asked for.</param>
/// <param name="Quota">What each key may take.</param>
/// <param name="PerSecond">Requests a second, at all instances together; they come at random, and each goes to any of the instances.</param>
/// <param name="Instances">How many instances.</param>
internal sealed record Scenario(string Name, Spread Spread, TokenQuota Quota, double PerSecond, int Instances)
{
    public const int Seed = 1;

    /// <summary>Nothing is counted before this, so that instances know what is busy; but laws hold from the beginning.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(200);

    /// <summary>What is counted.</summary>
    public static readonly TimeSpan Measured = TimeSpan.FromSeconds(1);

    /// <summary>How long a message is on its way, in microseconds; as within one zone by default.</summary>
    public long WayUs { get; init; } = Runs.Near;

    /// <summary>Busy buckets that an instance knows; the many of a large fleet know fewer, so that all fit into one process.</summary>
    public int KnownBuckets => Instances <= 16 ? 65_536 : Instances <= 64 ? 16_384 : 4_096;
}

/// <summary>What came of it.</summary>
internal sealed record Outcome
{
    public required long Decisions { get; init; }

    /// <summary>Decisions without Redis.</summary>
    public required long Local { get; init; }

    /// <summary>Script calls.</summary>
    public required long Calls { get; init; }

    /// <summary>Decisions in these calls, with what only gives back.</summary>
    public required long Sent { get; init; }

    /// <summary>Requests that Redis did not answer within the deadline.</summary>
    public required long Late { get; init; }

    public required Judgement Judged { get; init; }

    /// <summary>Whether Redis kept up: a hundredth is late at most.</summary>
    public bool IsInTime => 100 * Late <= Decisions;

    public double CallsPerDecision => (double)Calls / Decisions;

    public double DecisionsPerCall => Calls == 0 ? 0 : (double)Sent / Calls;

    public double LocalShare => (double)Local / Decisions;

    /// <summary>Cores of Redis that are busy.</summary>
    public double Cores(RedisCosts costs) => ((Calls * costs.CallUs) + (Sent * costs.DecisionUs)) / (Scenario.Measured.TotalSeconds * 1e6);
}
