using StackExchange.Redis;
using Weir.Redis;

namespace Weir.Server;

internal sealed class Stores : IAsyncDisposable
{
    /// <summary>Maximum wait for Redis at startup. Afterwards, memory decides until Redis answers.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(1);

    /// <summary>Suffix of the candidate's Redis prefix. No configured prefix can contain a colon.</summary>
    private const string CandidatePrefix = ":candidate";

    /// <summary>Number of startup probes, of which at least one meets the deadline if Redis is healthy.</summary>
    private const int FirstProbes = 10;

    private readonly RedisOptions? _redisOptions;
    private readonly Lazy<RedisStore>? _trial;

    public Stores(WeirOptions options, TimeProvider time)
    {
        Memory = new MemoryStore(MemoryOptionsOf(options), time);
        if (options.Redis.Endpoints is null)
        {
            Live = new FileLiveStore(options.Live.Path, time);
            Trial = new Lazy<IBucketStore>(() => new MemoryStore(MemoryOptionsOf(options), time));
            Deciding = Alone = Memory;
            return;
        }

        // Use dedicated threads, so that a full thread pool delays neither heartbeats nor live data.
        ConnectionMultiplexer.SetFeatureFlag("DedicatedThreads", true);
        var redis = _redisOptions = RedisOptionsOf(options.Redis);
        redis.Privacy = options.Keys.Privacy;
        redis.AnswerBytes = options.Limits.AnswerBytes;
        Redis = new RedisStore(redis, time);
        Prefixes = new PrefixWatch(Redis, time);
        Failover = new ShardedFailover(
            Redis, Redis, Memory, BreakerOptionsOf(options.Breaker), time, shard => new RedisPeers(Redis, time, shard));
        Live = new RedisLiveStore(redis, Redis.Connection, time);
        Deciding = new PartitionedStore(Failover, Redis, time);
        Alone = new PartitionedStore(Failover.Alone, Redis, time);
        _trial = new Lazy<RedisStore>(() => new RedisStore(Redis, options.Redis.Prefix + CandidatePrefix));
        Trial = new Lazy<IBucketStore>(() => new PartitionedStore(_trial.Value, _trial.Value, time));
    }

    public MemoryStore Memory { get; }

    public RedisStore? Redis { get; }

    public PrefixWatch? Prefixes { get; }

    public ShardedFailover? Failover { get; }

    public ILiveStore Live { get; }

    /// <summary>Separate store of the candidate, so that trials use neither slots nor turns of decisions.</summary>
    public Lazy<IBucketStore> Trial { get; }

    public IBucketStore Deciding { get; }

    public IBucketStore Alone { get; }

    public async Task GreetAsync()
    {
        if (Redis is null)
            return;
        bool isConnected = await Redis.WaitUntilConnectedAsync(StartPatience);
        await Failover!.ProbeAsync(isConnected ? FirstProbes : 1);
    }

    public void UsePassword(string? password)
    {
        if (_redisOptions is not null)
            _redisOptions.Password = password;
    }

    public Task ReturnLeasesAsync() => Redis?.ReturnLeasesAsync() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        (Live as IDisposable)?.Dispose();
        if (Prefixes is not null)
            await Prefixes.DisposeAsync();
        if (Failover is not null)
            await Failover.DisposeAsync();
        if (_trial is { IsValueCreated: true })
            await _trial.Value.DisposeAsync();
        if (Redis is not null)
            await Redis.DisposeAsync();
    }

    private static MemoryStoreOptions MemoryOptionsOf(WeirOptions options) =>
        new() { MaxKeys = options.Memory.MaxKeys, AnswerBytes = options.Limits.AnswerBytes };

    public static RedisOptions RedisOptionsOf(WeirOptions.RedisSettings settings) => new()
    {
        Endpoints = settings.Endpoints ?? "",
        User = settings.User,
        Password = settings.Password,
        Ssl = settings.Ssl,
        CaFile = settings.CaFile,
        CertificateFile = settings.CertificateFile,
        KeyFile = settings.KeyFile,
        Prefix = settings.Prefix,
        Database = settings.Database,
        Partitions = settings.Partitions,
        Deadline = TimeSpan.FromMilliseconds(settings.DeadlineMs),
        LeaseHorizon = TimeSpan.FromMilliseconds(settings.LeaseMs),
        Instances = settings.Instances,
    };

    private static BreakerOptions BreakerOptionsOf(WeirOptions.BreakerSettings settings) => new()
    {
        FailuresInARow = settings.FailuresInARow,
        Break = TimeSpan.FromMilliseconds(settings.BreakMs),
    };
}
