using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Weir.Benchmarks;

/// <summary>Many keys in random order, beside the framework's partitioned limiter.</summary>
[MemoryDiagnoser]
public class ManyKeysBenchmarks
{
    private const int Decisions = 1 << 16;

    private string[] _asked = [];
    private RateLimiter _weir = null!;
    private PartitionedRateLimiter<string> _framework = null!;

    /// <summary>Keys in use. The framework is measured at a tenth of the million too, where it is still at its best.</summary>
    [Params(100_000, 1_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _weir = Subjects.Weir(Keys);
        _framework = Subjects.Partitioned();
        _asked = Subjects.RandomKeys(Keys, Decisions);
        foreach (string key in Subjects.Keys(Keys))
        {
            _ = Subjects.Take(_weir, key);
            _framework.AttemptAcquire(key).Dispose();
        }
    }

    [GlobalCleanup]
    public void Stop() => _framework.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Decisions)]
    public int Framework()
    {
        int allowed = 0;
        foreach (string key in _asked)
        {
            using var lease = _framework.AttemptAcquire(key);
            allowed += lease.IsAcquired ? 1 : 0;
        }

        return allowed;
    }

    [Benchmark(OperationsPerInvoke = Decisions)]
    public int Weir()
    {
        int allowed = 0;
        foreach (string key in _asked)
            allowed += Subjects.Take(_weir, key).Allowed ? 1 : 0;
        return allowed;
    }
}
