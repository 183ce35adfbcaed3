using System.Threading.RateLimiting;
using BenchmarkDotNet.Attributes;

namespace Weir.Benchmarks;

/// <summary>Many keys in random order, beside the framework's partitioned limiter.</summary>
[MemoryDiagnoser]
public class ManyKeysBenchmarks
{
    private const int Decisions = 1 << 16;

    private readonly int[] _order = new int[Decisions];
    private string[] _keys = [];
    private RateLimiter _weir = null!;
    private PartitionedRateLimiter<string> _framework = null!;

    /// <summary>Keys in use. The framework is measured at a tenth of the million too, where it is still at its best.</summary>
    [Params(100_000, 1_000_000)]
    public int Keys { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _keys = Subjects.Keys(Keys);
        _weir = Subjects.Weir(Keys);
        _framework = Subjects.Partitioned();
        var random = new Random(1);
        for (int i = 0; i < Decisions; i++)
            _order[i] = random.Next(Keys);
        foreach (string key in _keys)
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
        foreach (int i in _order)
        {
            using var lease = _framework.AttemptAcquire(_keys[i]);
            allowed += lease.IsAcquired ? 1 : 0;
        }

        return allowed;
    }

    [Benchmark(OperationsPerInvoke = Decisions)]
    public int Weir()
    {
        int allowed = 0;
        foreach (int i in _order)
            allowed += Subjects.Take(_weir, _keys[i]).Allowed ? 1 : 0;
        return allowed;
    }
}
