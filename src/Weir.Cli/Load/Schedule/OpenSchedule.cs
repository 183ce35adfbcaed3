namespace Weir.Cli.Load;

/// <summary>
/// The intended send times of the open loop: a constant rate, whatever the server does. Pure.
/// </summary>
/// <remarks>
/// Times lie on a grid of one millisecond, because an operating system's sleep is no finer: at 20,000 a second twenty
/// requests are intended at each tick. Off the grid the tool's own waking late would be counted against the server.
/// </remarks>
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

    /// <summary>Requests in all, those of the warm-up included.</summary>
    public long Count { get; }

    /// <summary>When request <paramref name="index"/> (from 0) should be sent.</summary>
    public long IntendedUs(long index)
    {
        long exact = (long)(index * (Int128)1_000_000 / _rate);
        return _startUs + (exact - (exact % TickUs));
    }

    private static long CeilingOf(Int128 millionths) => (long)((millionths + 999_999) / 1_000_000);
}
