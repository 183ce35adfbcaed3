namespace Weir.Server.Tests.Harness;

/// <summary>One server on a Redis for all tests of a class; they stay apart by using fresh keys, and hurt nobody.</summary>
public sealed class SharedServerOnRedis : IAsyncLifetime
{
    private ServerOnRedis? _server;

    internal ServerOnRedis Server => _server!;

    public async ValueTask InitializeAsync() => _server = await ServerOnRedis.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
