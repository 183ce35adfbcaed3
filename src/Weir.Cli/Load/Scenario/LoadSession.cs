using Weir.Cli.Processes;

namespace Weir.Cli.Load;

internal sealed class LoadSession(LoadSettings settings, IProgressView progress, Surroundings surroundings)
{
    public async Task<LoadReport> RunAsync(CancellationToken cancellation)
    {
        var report = new LoadReport(settings);
        if (settings.Url is { } url)
        {
            report.Url = url;
            await RunAllAsync(url, settings.Scenarios, redis: null, surroundings.Key, report, cancellation).ConfigureAwait(false);
            return report;
        }

        await RunOwnAsync(report, cancellation).ConfigureAwait(false);
        return report;
    }

    private async Task RunOwnAsync(LoadReport report, CancellationToken cancellation)
    {
        string server = surroundings.ServerFile
            ?? throw new LoadException("There is no server beside the tool. Build src/Weir.Cli, which puts one there, or name a running one with --url.");
        var scenarios = Runnable(report);
        try
        {
            using var redis = surroundings.RedisProgram is { } program
                ? await ChildRedis.StartAsync(program, cancellation).ConfigureAwait(false)
                : null;
            report.Store = redis is null ? "memory" : "redis";
            using var child = await ChildServer.StartAsync(server, redis?.Endpoint, cancellation).ConfigureAwait(false);
            report.Url = child.Url;
            progress.Say($"A Weir server of its own at {child.Url}, store: {report.Store}.");
            // Send no key: the tool's own server has no keys and would reject any key as invalid.
            await RunAllAsync(child.Url, scenarios, redis, key: null, report, cancellation).ConfigureAwait(false);
        }
        catch (ChildException e)
        {
            throw new LoadException(e.Message);
        }
    }

    /// <summary>Returns the scenarios without outages if there is no Redis. Throws if none is left.</summary>
    private List<Scenario> Runnable(LoadReport report)
    {
        if (surroundings.RedisProgram is not null)
            return [.. settings.Scenarios];
        if (settings.Scenarios.All(scenario => scenario.Outage))
        {
            throw new LoadException(
                "--outage kills and restarts a Redis of its own, and neither redis-server nor valkey-server is on the PATH. Install one: apt-get install redis-server");
        }

        report.Notes.Add("Neither redis-server nor valkey-server is on the PATH: buckets are in memory"
            + (settings.Scenarios.Any(scenario => scenario.Outage) ? ", and the outage is left out." : "."));
        return [.. settings.Scenarios.Where(scenario => !scenario.Outage)];
    }

    private async Task RunAllAsync(Uri url, IReadOnlyList<Scenario> scenarios, ChildRedis? redis, string? key, LoadReport report, CancellationToken cancellation)
    {
        var target = await Target.ResolveAsync(url, cancellation).ConfigureAwait(false) with { Key = key };
        await Preflight.AskAsync(target, settings, redis is not null, cancellation).ConfigureAwait(false);
        foreach (var (index, scenario) in scenarios.Index())
        {
            var own = index == 0 ? settings with { Warmup = settings.FirstWarmup } : settings;
            var script = scenario.Outage ? new OutageScript(redis!) : null;
            report.Results.Add(await new ScenarioRun(scenario, own, target, script, progress).RunAsync(cancellation).ConfigureAwait(false));
        }
    }
}

internal sealed record Surroundings(string? ServerFile, string? RedisProgram)
{
    /// <summary>Environment variable of the API key, because other users can read command lines.</summary>
    public const string KeyVariable = "WEIR_KEY";

    public string? Key { get; init; }

    public static Surroundings Here() => new(
        ServerFiles.FindServer(AppContext.BaseDirectory),
        ServerFiles.FindRedis(Environment.GetEnvironmentVariable("PATH")))
    {
        Key = Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key.Trim() : null,
    };
}
