namespace Weir.Server;

/// <summary>All quota buckets of this instance that have clients. Each assigns in rounds of its own.</summary>
internal sealed partial class QuotaBuckets(
    Decider decider, RateLimiter limiter, TimeProvider time, ILogger<QuotaBuckets> logger) : IAsyncDisposable
{
    /// <summary>Maximum buckets of a stream.</summary>
    public const int MaxPerStream = 1_024;

    /// <summary>Maximum buckets of an instance.</summary>
    public const int Max = 16_384;

    private readonly Dictionary<(string Tenant, string Id), (QuotaBucket Bucket, Task Rounds)> _buckets = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Number of buckets with clients.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _buckets.Count;
        }
    }

    /// <summary>Adds a client to a bucket.</summary>
    /// <exception cref="Grpc.Core.RpcException">This instance has <see cref="Max"/> buckets.</exception>
    public Subscription Subscribe(in RequestFacts facts, string id, IAssignee client)
    {
        var name = (facts.Tenant, id);
        lock (_lock)
        {
            if (_buckets.TryGetValue(name, out var known))
                return known.Bucket.Subscribe(client);
            if (_buckets.Count == Max)
                throw GrpcFault.Exhausted($"this instance has {Max} buckets, its maximum; try again later");
            var bucket = new QuotaBucket(facts, decider, limiter, time, error => NotAssigned(name.Tenant, error));
            var subscription = bucket.Subscribe(client);
            _buckets.Add(name, (bucket, Task.Run(() => AssignAsync(name, bucket))));
            return subscription;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] all;
        lock (_lock)
            all = [.. _buckets.Values.Select(bucket => bucket.Rounds)];
        await Task.WhenAll(all);
        _stopping.Dispose();
    }

    private async Task AssignAsync((string Tenant, string Id) name, QuotaBucket bucket)
    {
        while (!_stopping.IsCancellationRequested && !IsOver(name, bucket))
        {
            var pause = AssignmentRule.MaxLifetime;
            try
            {
                pause = await bucket.AssignAsync();
            }
            catch (Exception fault)
            {
                Failed(fault, name.Tenant);
            }

            await Task.Delay(pause, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsOver((string Tenant, string Id) name, QuotaBucket bucket)
    {
        lock (_lock)
            return bucket.Count == 0 && _buckets.Remove(name);
    }

    [LoggerMessage(74, LogLevel.Warning, "A limit of tenant {Tenant} is not assigned to Envoy: {Error}")]
    private partial void NotAssigned(string tenant, string error);

    [LoggerMessage(75, LogLevel.Error, "Assigning a quota of tenant {Tenant} failed: an error of Weir, please report it")]
    private partial void Failed(Exception fault, string tenant);
}
