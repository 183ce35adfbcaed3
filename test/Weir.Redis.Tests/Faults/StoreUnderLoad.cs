using System.Collections.Concurrent;
using System.Diagnostics;
using Weir.Testing;

namespace Weir.Redis.Tests.Faults;

/// <summary>A store on Redis with memory behind it, and callers who never stop asking: what they saw is what users would see.</summary>
internal sealed class StoreUnderLoad : IAsyncDisposable
{
    /// <summary>Longer than the default, since Redis itself is late on a busy machine.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(100);

    /// <summary>The latest that a caller may be answered, by the clock of the store: its deadline, and a few turns of that clock.</summary>
    public static readonly TimeSpan Latest = Deadline + TimeSpan.FromMilliseconds(50);

    private const int Callers = 8;
    private const int Keys = 50;

    private readonly RunningTime _time = new();
    private readonly Func<int, LimitSet> _request;
    private readonly RedisStore _redis;
    private readonly ShardedFailover _store;
    private readonly ConcurrentQueue<Seen> _seen = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _callers;
    private int _began;
    private int _ended;

    public StoreUnderLoad(string endpoint, string? password = null)
        : this(new RedisOptions { Endpoints = endpoint, Password = password, Deadline = Deadline }, i => Some.Request($"key-{i % Keys}"))
    {
    }

    /// <summary>Opens it.</summary>
    /// <param name="options">How Redis is reached.</param>
    /// <param name="request">What is asked for: a number goes up, at each caller for itself.</param>
    public StoreUnderLoad(RedisOptions options, Func<int, LimitSet> request)
    {
        _request = request;
        _redis = new RedisStore(options, _time);
        _store = new ShardedFailover(_redis, _redis, Some.Memory(_time), new BreakerOptions(), _time);
        _store.OutageBegan += _ => Interlocked.Increment(ref _began);
        _store.OutageEnded += _ => Interlocked.Increment(ref _ended);
        _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => AskOnAndOnAsync(caller))));
    }

    public int OutagesBegan => Volatile.Read(ref _began);

    public int OutagesEnded => Volatile.Read(ref _ended);

    public BreakerState State => _store.State;

    public Outage? Outage => _store.Outages is [var oldest, ..] ? oldest : null;

    public string? LastError => _redis.LastError;

    /// <summary>All that was answered so far.</summary>
    public IReadOnlyList<Seen> Answers => [.. _seen];

    /// <summary>Waits for the answers of a while that begins now.</summary>
    public async Task<IReadOnlyList<Seen>> ListenAsync(int answers)
    {
        int before = _seen.Count;
        await Until.TrueAsync(() => _seen.Count >= before + answers, () => "the callers got no answers");
        return [.. _seen.Skip(before)];
    }

    /// <summary>Waits until Redis decides and nothing else does.</summary>
    public Task UntilRedisDecidesAsync() => Until.TrueAsync(
        () => State == BreakerState.Closed && _seen.TakeLast(Callers).All(seen => seen.Answer.Source == DecisionSource.Redis) && !_seen.IsEmpty,
        () => $"Redis does not decide: {LastError}");

    /// <summary>Waits until Redis is no longer asked.</summary>
    public Task UntilOutageAsync() => Until.TrueAsync(() => State != BreakerState.Closed, () => "the breaker did not open");

    /// <summary>Asks no more, and returns when all has been answered and late takes are undone.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _callers;
        await Until.TrueAsync(() => _redis.LateUndoing == 0, () => $"{_redis.LateUndoing} late takes are being undone");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _store.DisposeAsync();
        await _redis.DisposeAsync();
        _stopping.Dispose();
        _time.Dispose();
    }

    private async Task AskOnAndOnAsync(int caller)
    {
        for (int i = caller; !_stopping.IsCancellationRequested; i++)
        {
            long began = _time.GetTimestamp();
            var request = _request(i);
            var answer = await _store.TakeAsync(request);
            _seen.Enqueue(new Seen(request.Facts, answer, _time.GetElapsedTime(began), Stopwatch.GetTimestamp()));
            await Task.Delay(1);
        }
    }

    /// <summary>One answer, whose it is, how long its caller waited for it by the clock of the store, and when it came, by the stopwatch.</summary>
    internal sealed record Seen(RequestFacts Facts, BucketResult Answer, TimeSpan Took, long At);
}
