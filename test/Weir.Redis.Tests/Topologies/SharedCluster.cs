using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>One cluster for all tests that hurt one, one after the other; each leaves it whole, and uses tenants of its own.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private RedisCluster? _cluster;

    internal RedisCluster Cluster => _cluster!;

    public async ValueTask InitializeAsync() => _cluster = await RedisCluster.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }

    /// <summary>How the cluster is reached, with more patience than the default: other tests share the cores.</summary>
    internal RedisOptions Options(TimeSpan? deadline = null) => new() { Endpoints = Cluster.Endpoints, Deadline = deadline ?? TimeSpan.FromSeconds(5) };
}

[CollectionDefinition(nameof(OnOneCluster))]
public sealed class OnOneCluster : ICollectionFixture<SharedCluster>;
