namespace Weir.Server;

/// <summary>Windows of fixed length from the Unix epoch, as the reference implementation has them.</summary>
internal static class EnvoyWindow
{
    public const string Zone = "UTC";

    private const int DaySeconds = 24 * 60 * 60;
    private const int MonthDays = 30;
    private const int YearDays = 365;

    private static readonly DateOnly Epoch = new(1970, 1, 1);

    public static WindowQuota QuotaOf(uint requests, EnvoyUnit unit) =>
        WindowQuota.TryCreate(requests, PeriodOf(unit), Zone, out var quota, out string? error)
            ? quota
            : throw new InvalidOperationException(error);

    public static WindowPeriod PeriodOf(EnvoyUnit unit) => unit switch
    {
        EnvoyUnit.Second => new(WindowUnit.Second),
        EnvoyUnit.Minute => new(WindowUnit.Minute),
        EnvoyUnit.Hour => new(WindowUnit.Hour),
        EnvoyUnit.Day => new(WindowUnit.Day),
        // The epoch was a Thursday.
        EnvoyUnit.Week => new(WindowUnit.Week) { FromDay = DayOfWeek.Thursday },
        EnvoyUnit.Month => new(WindowUnit.Day, MonthDays) { FromDate = Epoch },
        EnvoyUnit.Year => new(WindowUnit.Day, YearDays) { FromDate = Epoch },
        _ => throw new ArgumentOutOfRangeException(nameof(unit)),
    };

    public static long SecondsOf(EnvoyUnit unit) => unit switch
    {
        EnvoyUnit.Second => 1,
        EnvoyUnit.Minute => 60,
        EnvoyUnit.Hour => 60 * 60,
        EnvoyUnit.Day => DaySeconds,
        EnvoyUnit.Week => 7 * DaySeconds,
        EnvoyUnit.Month => MonthDays * DaySeconds,
        EnvoyUnit.Year => YearDays * DaySeconds,
        _ => throw new ArgumentOutOfRangeException(nameof(unit)),
    };

    /// <summary>Returns the whole seconds, rounded up, until the window of this moment ends.</summary>
    public static long SecondsLeft(EnvoyUnit unit, DateTimeOffset now)
    {
        long seconds = SecondsOf(unit);
        return seconds - (now.ToUnixTimeSeconds() % seconds);
    }
}
