using Weir.Drill.Tests.Load;

namespace Weir.Drill.Tests.Report;

/// <summary>How long callers waited, in milliseconds.</summary>
internal readonly record struct Latencies(double P50, double P99, double Max)
{
    public static Latencies Of(IReadOnlyCollection<Logged> requests)
    {
        long[] took = [.. requests.Select(one => one.TookUs).Order()];
        return took.Length == 0 ? default : new Latencies(At(took, 0.5), At(took, 0.99), At(took, 1));
    }

    /// <summary>The nearest rank: a time that somebody really waited.</summary>
    private static double At(long[] took, double share) => took[(int)Math.Ceiling(share * took.Length) - 1] / 1000.0;
}
