using System.Collections.Concurrent;
using System.Diagnostics;
using Weir.Testing;

namespace Weir.Redis.Tests.Faults;

/// <summary>A store on Redis with memory behind it, and callers who never stop asking: what they saw is what users would see.</summary>
internal sealed class StoreUnderLoad : IAsyncDisposable
{
    /// <summary>Longer than the default, since other tests share the cores and their pauses are no faults of Redis.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(100);

    private const int Callers = 8;
    private const int Keys = 50;

    private readonly Func<int, LimitSet> _request;
    private readonly RedisStore _redis;
    private readonly FailoverStore _store;
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
        _redis = new RedisStore(options, TimeProvider.System);
        _store = new FailoverStore(_redis, Some.Memory(TimeProvider.System), new BreakerOptions(), TimeProvider.System);
        _store.OutageBegan += _ => Interlocked.Increment(ref _began);
        _store.OutageEnded += _ => Interlocked.Increment(ref _ended);
        _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => AskOnAndOnAsync(caller))));
    }

    public int OutagesBegan => Volatile.Read(ref _began);

    public int OutagesEnded => Volatile.Read(ref _ended);

    public BreakerState State => _store.State;

    public Outage? Outage => _store.Outage;

    public string? LastError => _redis.LastError;

    /// <summary>All that was answered so far.</summary>
    public IReadOnlyList<Seen> Answers => [.. _seen];

    /// <summary>Waits for the answers of a while that begins now.</summary>
    public async Task<IReadOnlyList<Seen>> ListenAsync(int answers)
    {
        int before = _seen.Count;
        await UntilAsync(() => _seen.Count >= before + answers, TimeSpan.FromSeconds(20), "the callers got no answers");
        return [.. _seen.Skip(before)];
    }

    /// <summary>Waits until Redis decides and nothing else does.</summary>
    public Task UntilRedisDecidesAsync(TimeSpan within) => UntilAsync(
        () => State == BreakerState.Closed && _seen.TakeLast(Callers).All(seen => seen.Answer.Source == DecisionSource.Redis) && !_seen.IsEmpty,
        within,
        "Redis does not decide");

    /// <summary>Waits until Redis is no longer asked.</summary>
    public Task UntilOutageAsync() => UntilAsync(() => State != BreakerState.Closed, TimeSpan.FromSeconds(5), "the breaker did not open");

    /// <summary>Asks no more, and returns when all has been answered.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _callers;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _store.DisposeAsync();
        await _redis.DisposeAsync();
        _stopping.Dispose();
    }

    private static async Task UntilAsync(Func<bool> holds, TimeSpan within, string trouble)
    {
        long began = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < within, $"{trouble} after {within.TotalSeconds} s");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private async Task AskOnAndOnAsync(int caller)
    {
        for (int i = caller; !_stopping.IsCancellationRequested; i++)
        {
            long began = Stopwatch.GetTimestamp();
            var request = _request(i);
            var answer = await _store.TakeAsync(request);
            _seen.Enqueue(new Seen(request.Facts, answer, Stopwatch.GetElapsedTime(began), Stopwatch.GetTimestamp()));
            await Task.Delay(1);
        }
    }

    /// <summary>One answer, whose it is, how long its caller waited for it, and when it came, by the stopwatch.</summary>
    internal sealed record Seen(RequestFacts Facts, BucketAnswer Answer, TimeSpan Took, long At);
}
