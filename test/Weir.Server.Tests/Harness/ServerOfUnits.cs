using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>A server whose plan counts requests, tokens and bytes, all too slow for a test to see them come back.</summary>
/// <param name="settings">Its settings, and what it needs beside it; null for the embedded store.</param>
public abstract class ServerOfUnits(Func<Task<(string[] Settings, IAsyncDisposable Beside)>>? settings) : IAsyncLifetime
{
    private const string Policies =
        """
        defaultPlan: llm
        plans:
          llm:
            limits:
              requests: { rate: 60/366d, burst: 1x }
              tokens: { unit: tokens, rate: 1000/366d, burst: 1x }
              bytes: { unit: bytes, window: { limit: 500, every: year }, cost: 5 }
          seed: { limits: { tokens: { unit: tokens, rate: 10/366d, burst: 1x } } }
          routed:
            limits:
              requests: { rate: 60/366d, burst: 1x }
              search: { when: { route: /search }, unit: tokens, rate: 10/366d, burst: 1x }
        tenants:
          seed: { plan: seed }
          routed: { plan: routed }

        """;

    private readonly PolicyFile _policies = new(Policies);
    private IAsyncDisposable? _beside;

    internal HttpCalls Http => Shared.Server.Http;

    private SharedServer<RunningServer> Shared => field ??= new(StartServerAsync);

    public ValueTask InitializeAsync() => Shared.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Shared.DisposeAsync();
        if (_beside is not null)
            await _beside.DisposeAsync();
        _policies.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<RunningServer> StartServerAsync()
    {
        string[] more = [];
        if (settings is not null)
            (more, _beside) = await settings();
        return await RunningServer.StartAsync([_policies.Setting, AdminCalls.Setting, .. more]);
    }
}

public sealed class ServerOfUnitsInMemory() : ServerOfUnits(null);

public sealed class ServerOfUnitsOnRedis() : ServerOfUnits(async () =>
{
    var redis = await TestRedis.StartAsync();
    return (ServerOnRedis.Settings(redis.Endpoint), redis);
});
