namespace Weir.Cli.Load;

internal sealed record LoadSettings
{
    public static readonly Uri DefaultUrl = new("http://localhost:3000");

    /// <summary>Address of the server to load; null if the tool starts its own server.</summary>
    public Uri? Url { get; init; }

    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    /// <summary>Requests per second of the open loop; null for a closed loop.</summary>
    public long? Rate { get; init; }

    /// <summary>Minimum time between two sends of a user in a closed loop; zero for none.</summary>
    public TimeSpan Pace { get; init; }

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Duration of the load before the measured part: connections open, and code compiles.</summary>
    public TimeSpan Warmup { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Warm-up of the first scenario; longer for a server that the tool has just started.</summary>
    public TimeSpan FirstWarmup { get; init; } = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan FreshServerWarmup = TimeSpan.FromSeconds(6);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    public long Keys { get; init; } = 10_000;

    public string? Tenant { get; init; }

    public long Cost { get; init; } = 1;

    public int Seed { get; init; } = 1;

    public bool Json { get; init; }

    public string? JsonFile { get; init; }

    public Correction Correction =>
        Rate is not null ? Correction.IntendedTime : Pace > TimeSpan.Zero ? Correction.ExpectedInterval : Correction.None;
}
