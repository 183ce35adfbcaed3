using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>A server on a Redis of its own. A test that hurts Redis needs a real one, and is skipped without it.</summary>
internal sealed class ServerOnRedis : IOwnServer
{
    private readonly PolicyFile _policies;
    private readonly ITestRedis _redis;

    private ServerOnRedis(PolicyFile policies, ITestRedis redis, RunningServer server)
    {
        _policies = policies;
        _redis = redis;
        Server = server;
    }

    /// <summary>The Redis process.</summary>
    public RedisServer Redis => TestRedis.ProcessOf(_redis);

    public RunningServer Server { get; }

    public HttpCalls Http => Server.Http;

    /// <summary>The settings of a server whose outages come and go quickly, and which a busy machine does not make late.</summary>
    public static string[] Settings(string endpoint) =>
        [$"Weir:Redis:Endpoints={endpoint}", "Weir:Redis:DeadlineMs=800", "Weir:Breaker:FailuresInARow=1", "Weir:Breaker:BreakMs=100"];

    public static async Task<ServerOnRedis> StartAsync(params string[] settings)
    {
        var redis = await TestRedis.StartAsync();
        var policies = new PolicyFile();
        var server = await RunningServer.StartAsync([policies.Setting, .. Settings(redis.Endpoint), .. settings]);
        var started = new ServerOnRedis(policies, redis, server);
        await started.UntilRedisDecidesAsync(settings.Contains(AdminCalls.Setting) ? AdminCalls.Key : null);
        return started;
    }

    /// <summary>Starts another instance on the same Redis.</summary>
    public Task<RunningServer> StartAnotherAsync(params string[] settings) => RunningServer.StartAsync([_policies.Setting, .. Settings(_redis.Endpoint), .. settings]);

    /// <summary>Kills Redis, and takes until the server knows.</summary>
    public Task BreakAsync()
    {
        Redis.Kill();
        return UntilDegradedAsync();
    }

    /// <summary>Takes until the server no longer asks Redis: one failure alone is no outage.</summary>
    public Task UntilDegradedAsync() => Until.TrueAsync(
        async () =>
        {
            await Http.TakeAsync(Fresh.Key());
            return (await Http.GetAsync("/readyz")).Flag("degraded");
        },
        () => "the server did not notice");

    /// <summary>Waits until Redis decides, which the issue wants within 2 s.</summary>
    public async Task UntilRedisDecidesAsync(string? key = null)
    {
        string last = "";
        await Until.TrueAsync(
            async () => (last = (await Http.CallAsync(key, HttpMethod.Post, "/v1/take", $$"""{"key":"{{Fresh.Key()}}"}""")).Body).Contains("\"source\":\"redis\"", StringComparison.Ordinal),
            () => last);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _redis.DisposeAsync();
        _policies.Dispose();
    }
}
