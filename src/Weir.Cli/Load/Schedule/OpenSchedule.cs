namespace Weir.Cli.Load;

/// <summary>Intended send times on a grid of 1 ms, so that late wake-ups do not count as server latency.</summary>
internal sealed class OpenSchedule
{
    public const long TickUs = 1_000;

    private readonly long _rate;
    private readonly long _startUs;

    public OpenSchedule(long ratePerSecond, long startUs, long endUs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ratePerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(endUs, startUs);
        _rate = ratePerSecond;
        _startUs = startUs;
        Count = CeilingOf((endUs - startUs) * (Int128)ratePerSecond);
    }

    public long Count { get; }

    public long IntendedUs(long index)
    {
        long exact = (long)(index * (Int128)1_000_000 / _rate);
        return _startUs + (exact - (exact % TickUs));
    }

    private static long CeilingOf(Int128 millionths) => (long)((millionths + 999_999) / 1_000_000);
}
