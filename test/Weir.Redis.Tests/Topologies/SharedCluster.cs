using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>One cluster for all tests that hurt one, one after the other; each leaves it whole, and uses tenants of its own.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    private readonly SharedServer<RedisCluster> _shared = new(RedisCluster.StartAsync);

    internal RedisCluster Cluster => _shared.Server;

    public ValueTask InitializeAsync() => _shared.StartAsync();

    public ValueTask DisposeAsync() => _shared.DisposeAsync();

    /// <summary>How the cluster is reached, with more patience than the default: other tests share the cores.</summary>
    internal RedisOptions Options(TimeSpan? deadline = null, int? partitions = 1) =>
        new() { Endpoints = Cluster.Endpoints, Deadline = deadline ?? TimeSpan.FromSeconds(5), Partitions = partitions };
}

[CollectionDefinition(nameof(OnOneCluster))]
public sealed class OnOneCluster : ICollectionFixture<SharedCluster>;
