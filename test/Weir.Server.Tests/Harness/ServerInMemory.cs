namespace Weir.Server.Tests.Harness;

/// <summary>A server in embedded mode that the test may stop and start again; what it leaves on disk goes with it.</summary>
internal sealed class ServerInMemory : IOwnServer
{
    private readonly string[] _settings;
    private RunningServer? _server;

    private ServerInMemory(PolicyFile policies, string[] settings)
    {
        Policies = policies;
        _settings = settings;
    }

    public RunningServer Server => _server!;

    public PolicyFile Policies { get; }

    public static Task<ServerInMemory> StartAsync(params string[] settings) => StartAsync(new PolicyFile(), settings);

    /// <summary>One that keeps its live data beside its policies.</summary>
    public static Task<ServerInMemory> StartKeepingAsync(params string[] settings)
    {
        var policies = new PolicyFile();
        return StartAsync(policies, [.. settings, policies.LiveSetting]);
    }

    private static async Task<ServerInMemory> StartAsync(PolicyFile policies, string[] settings)
    {
        var started = new ServerInMemory(policies, settings);
        await started.StartAgainAsync();
        return started;
    }

    public async Task StopAsync()
    {
        var stopped = Interlocked.Exchange(ref _server, null);
        if (stopped is not null)
            await stopped.DisposeAsync();
    }

    public async Task StartAgainAsync() => _server = await RunningServer.StartAsync([Policies.Setting, .. _settings]);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Policies.Dispose();
    }
}
