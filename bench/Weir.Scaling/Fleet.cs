using Weir.Simulation;

namespace Weir.Scaling;

/// <summary>Instances with the store that ships, over one Redis, on one thread and in virtual time.</summary>
internal sealed class Fleet : IDisposable
{
    private readonly VirtualTime _time = new();
    private readonly Random _random = new(Scenario.Seed);
    private readonly Scenario _scenario;
    private readonly OneRedis _redis;
    private readonly RedisStore[] _stores;
    private readonly LimitSet[] _asks;
    private readonly History _history;
    private readonly long _countFromUs;
    private long _decisions;
    private long _local;
    private long _late;

    private Fleet(Scenario scenario, RedisCosts costs)
    {
        _scenario = scenario;
        _redis = new OneRedis(_time, costs, scenario.WayUs);
        var options = new RedisOptions { Endpoints = "simulated", KnownBuckets = scenario.KnownBuckets };
        _stores = [.. Enumerable.Range(0, scenario.Instances).Select(_ => new RedisStore(options, _time, _redis.Connect(), new InlinePump()))];
        var plan = new Plan("p", [new Limit("l", [Limit.KeyDimension], scenario.Quota)], OnOutage.Local);
        _asks = [.. Enumerable.Range(0, scenario.Spread.Count).Select(key => plan.Resolve(new RequestFacts("t", $"user_{key:D8}", 1)))];
        _history = new History(scenario.Quota);
        _countFromUs = _time.NowUs + (Scenario.WarmUp.Ticks / TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>Simulates it: the same scenario has the same outcome, but for where busy keys meet in the tables of an instance, which is drawn anew by each.</summary>
    public static Outcome Run(Scenario scenario, RedisCosts costs)
    {
        using var fleet = new Fleet(scenario, costs);
        return fleet.Run();
    }

    public void Dispose() => _redis.Dispose();

    private Outcome Run()
    {
        long endUs = _countFromUs + (Scenario.Measured.Ticks / TimeSpan.TicksPerMicrosecond);
        Arrive(_time.NowUs, endUs);
        _time.RunUntil(_countFromUs);
        _redis.Recount();
        _time.RunUntil(endUs);
        var (calls, sent) = (_redis.Calls, _redis.Decisions);
        // What is under way is answered.
        _time.RunUntil(endUs + 100_000);
        return new Outcome { Decisions = _decisions, Local = _local, Late = _late, Calls = calls, Sent = sent, Judged = _history.Judge(_countFromUs) };
    }

    private void Arrive(double atUs, long endUs)
    {
        double next = atUs - (Math.Log(1 - _random.NextDouble()) * 1e6 / _scenario.PerSecond);
        if (next >= endUs)
            return;
        _time.At((long)next, () =>
        {
            _ = TakeAsync(_stores[_random.Next(_stores.Length)], _scenario.Spread.Next(_random));
            Arrive(next, endUs);
        });
    }

    private async Task TakeAsync(RedisStore store, int key)
    {
        bool counts = _time.NowUs >= _countFromUs;
        _decisions += counts ? 1 : 0;
        _history.Ask(key, _time.NowUs);
        var answer = await store.AskAsync(new BucketCommand(_asks[key], BucketOperation.Take)).ConfigureAwait(false);
        _local += counts && answer.IsLocal ? 1 : 0;
        _late += counts && answer.Fault != StoreFault.None ? 1 : 0;
        if (answer.Fault == StoreFault.None)
            _history.Answer(key, answer, answer.IsLocal ? _time.NowUs : answer.NowUs);
    }
}
