namespace Weir.Cli.Load;

/// <summary>What a run does, as the command line says; every value is in range.</summary>
internal sealed record LoadSettings
{
    public static readonly Uri DefaultUrl = new("http://localhost:3000");

    /// <summary>Where to send; null for a server that the tool starts itself.</summary>
    public Uri? Url { get; init; }

    /// <summary>The scenarios to run, in order.</summary>
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    /// <summary>Requests a second of the open loop; null for a closed loop.</summary>
    public long? Rate { get; init; }

    /// <summary>
    /// The least time between two sends of a user in a closed loop; zero for as fast as answers come.
    /// </summary>
    public TimeSpan Pace { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Load before the measured part, not counted: connections open, code compiles.</summary>
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The first scenario's warm-up: longer on a server that the tool has just started and that still compiles itself.
    /// </summary>
    public TimeSpan FirstWarmup { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The default of <see cref="FirstWarmup"/> on a server of the tool's own.</summary>
    public static readonly TimeSpan FreshServerWarmup = TimeSpan.FromSeconds(6);

    /// <summary>How long a request may go without an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    public long Keys { get; init; } = 10_000;

    public string? Tenant { get; init; }

    public long Cost { get; init; } = 1;

    /// <summary>The same seed picks the same keys for each user.</summary>
    public int Seed { get; init; } = 1;

    public bool Json { get; init; }

    /// <summary>The file that <c>--json</c> names; null for standard output.</summary>
    public string? JsonFile { get; init; }

    public Correction Correction =>
        Rate is not null ? Correction.IntendedTime : Pace > TimeSpan.Zero ? Correction.ExpectedInterval : Correction.None;
}
