using System.Diagnostics;
using Weir.Testing;

namespace Weir.Drill.Tests.Fleet;

/// <summary>A Redis and all instances on it.</summary>
internal sealed class Servers : IAsyncDisposable
{
    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder;

    private Servers(DirectoryInfo folder, RedisServer redis, IReadOnlyList<Instance> instances)
    {
        _folder = folder;
        Redis = redis;
        Instances = instances;
    }

    public RedisServer Redis { get; }

    public IReadOnlyList<Instance> Instances { get; }

    public static async Task<Servers> StartAsync(int count, string policies)
    {
        var redis = await TestRedis.StartProcessAsync();
        var folder = Directory.CreateTempSubdirectory("weir-drill-");
        string path = Path.Combine(folder.FullName, "policies.yaml");
        await File.WriteAllTextAsync(path, policies);
        var starting = Enumerable.Range(0, count).Select(number => Instance.StartAsync(number, redis.Port, path)).ToList();
        try
        {
            return new Servers(folder, redis, await Task.WhenAll(starting));
        }
        catch
        {
            foreach (var started in starting.Where(start => start.IsCompletedSuccessfully))
                await started.Result.DisposeAsync();
            await redis.DisposeAsync();
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Waits until every instance decides by Redis.</summary>
    public async Task UntilRedisDecidesAsync()
    {
        var waited = Stopwatch.StartNew();
        foreach (var instance in Instances)
        {
            while (await instance.IsDegradedAsync() != false)
            {
                Assert.True(waited.Elapsed < RecoveryPatience, $"instance {instance.Number} does not decide by Redis. It wrote:\n{instance.Output}");
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in Instances)
            await instance.DisposeAsync();
        await Redis.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
