using Weir.Redis;

namespace Weir.Server;

/// <summary>Logs the start and end of outages and Redis problems, and damaged buckets once a minute.</summary>
internal sealed partial class OutageLog(ILogger<OutageLog> logger, TimeProvider time)
{
    private readonly OncePerMinute _damage = new(time);
    private readonly Lock _gate = new();
    private readonly HashSet<(string? Shard, DateTimeOffset BeganAt)> _begun = [];
    private IReadOnlyList<RedisProblem> _problems = [];

    public void Follow(ShardedFailover store, RedisStore redis)
    {
        store.OutageBegan += outage => Begin(outage, redis);
        store.OutageEnded += End;
        store.Faulted += fault =>
        {
            if (fault == StoreFault.Damaged && _damage.TryPass(out _))
                Damaged();
        };
        redis.ProblemsChanged += () => Tell(redis);
        Tell(redis);
        // Log outages that began before this call: heartbeats start while the service is being built.
        foreach (var outage in store.Outages)
            Begin(outage, redis);
    }

    private void Begin(Outage outage, RedisStore redis)
    {
        lock (_gate)
        {
            if (_begun.Add((outage.Shard, outage.BeganAt)))
                Began(NameOf(outage), Explain(outage.Fault, redis.LastErrorOf(outage.Shard)));
        }
    }

    private void End(Outage outage)
    {
        lock (_gate)
            _begun.Remove((outage.Shard, outage.BeganAt));
        Ended(NameOf(outage), outage.Duration.TotalSeconds);
    }

    private void Tell(RedisStore redis)
    {
        lock (_gate)
        {
            var problems = redis.Problems;
            foreach (var problem in problems.Except(_problems))
                Found(problem.Node, problem.Text);
            foreach (var problem in _problems.Except(problems))
                Gone(problem.Node, problem.Kind);
            _problems = problems;
        }
    }

    private static string NameOf(Outage outage) => outage.Shard is { } shard ? $"Redis at {shard}" : "Redis";

    // Describes a fault and the last Redis error. A late reply has no error: the last one belongs to an older batch.
    private static string Explain(StoreFault fault, string? error) =>
        fault is StoreFault.Late or StoreFault.Slow || error is null ? Spelling.Of(fault) : $"{Spelling.Of(fault)}: {error}";

    [LoggerMessage(1, LogLevel.Warning, "{Redis} does not answer ({Fault}): deciding from memory until it does")]
    private partial void Began(string redis, string fault);

    [LoggerMessage(3, LogLevel.Warning,
        "Redis holds something that is no bucket under the key of one, or a value of a later version of Weir: such keys "
        + "are decided from memory until it is deleted; weir_store_faults_total counts them as fault=\"damaged\"")]
    private partial void Damaged();

    [LoggerMessage(4, LogLevel.Warning, "Redis at {Node}: {Problem}")]
    private partial void Found(string node, string problem);

    [LoggerMessage(5, LogLevel.Information, "Redis at {Node}: its problem with {Kind} is solved")]
    private partial void Gone(string node, string kind);

    [LoggerMessage(2, LogLevel.Information, "{Redis} answers again after {Seconds:0.0} s: it decides from here on")]
    private partial void Ended(string redis, double seconds);
}
