using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>One server on a Redis for all tests of a class; they stay apart by using fresh keys, and hurt nobody.</summary>
public sealed class SharedServerOnRedis : IAsyncLifetime
{
    private readonly SharedServer<ServerOnRedis> _shared = new(() => ServerOnRedis.StartAsync());

    internal ServerOnRedis Server => _shared.Server;

    public ValueTask InitializeAsync() => _shared.StartAsync();

    public ValueTask DisposeAsync() => _shared.DisposeAsync();
}
