using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Weir.Benchmarks;

/// <summary>One key, asked again and again, beside the framework's bucket.</summary>
[MemoryDiagnoser]
public class OneKeyBenchmarks : IDisposable
{
    private readonly RateLimiter _weir = Subjects.Weir(1_000);
    private readonly TokenBucketRateLimiter _framework = new(Subjects.FrameworkOptions());
    private readonly TokenQuota _quota = TokenQuota.Create(5, TimeSpan.FromSeconds(1), 10);
    private readonly MemoryStore _store = new(new MemoryStoreOptions { MaxKeys = 1_000 }, TimeProvider.System);
    private readonly LimitSet _limits;
    private BucketState _state;
    private long _now;

    public OneKeyBenchmarks() => _limits = _weir.Policies.Resolve(Subjects.FactsOf("user_1"));

    /// <summary>The framework's bucket filled by the caller, which is what makes it read a clock, as every decision of Weir does.</summary>
    [Benchmark(Baseline = true)]
    public bool FrameworkReplenished()
    {
        _framework.TryReplenish();
        using var lease = _framework.AttemptAcquire();
        return lease.IsAcquired;
    }

    /// <summary>The framework's bucket, which nobody fills: no clock is read.</summary>
    [Benchmark]
    public bool FrameworkUnfilled()
    {
        using var lease = _framework.AttemptAcquire();
        return lease.IsAcquired;
    }

    /// <summary>Weir: policies, hash, bucket, clock and decision.</summary>
    [Benchmark]
    public bool Weir() => Subjects.Take(_weir, "user_1").Allowed;

    /// <summary>Weir's memory store alone, its limit resolved: hash, bucket and clock.</summary>
    [Benchmark]
    public bool WeirStore() => Subjects.Completed(_store.TakeAsync(_limits)).Fault == StoreFault.None;

    /// <summary>Weir's arithmetic alone.</summary>
    [Benchmark]
    public int WeirBucket() => (int)TokenBucket.Take(_quota, ref _state, _now += 100, 1);

    [GlobalCleanup]
    public void Dispose()
    {
        _framework.Dispose();
        GC.SuppressFinalize(this);
    }
}
