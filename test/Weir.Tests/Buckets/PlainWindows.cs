namespace Weir.Tests.Buckets;

/// <summary>
/// Windows by the plain definition: a clock is read minute by minute. A window begins when the clock reaches a boundary
/// for the first time, or skips it; one of an hour or less begins whenever the clock shows a boundary or is changed.
/// </summary>
internal sealed class PlainWindows(WindowPeriod period, TimeZoneInfo zone)
{
    private const long MinuteUs = 60_000_000;

    /// <summary>The first and the last moment of the window around a moment, in Unix time in microseconds.</summary>
    public (long Start, long End) Around(long unixUs)
    {
        long now = unixUs - (unixUs % MinuteUs);
        // The clock must have passed the boundaries before the window, so that only first times count.
        long from = now - (2 * (long)period.Longest.TotalMinutes * MinuteUs) - (3 * 24 * 60 * MinuteUs);
        var high = LocalAt(from);
        long start = from;
        for (long at = from + MinuteUs; ; at += MinuteUs)
        {
            bool begins = Begins(at, high);
            if (begins && at > now)
                return (start, at);
            if (begins)
                start = at;
            if (LocalAt(at) > high)
                high = LocalAt(at);
        }
    }

    private bool Begins(long at, DateTime high)
    {
        var local = LocalAt(at);
        if (period.Longest <= TimeSpan.FromHours(1))
            return IsBoundary(local) || zone.GetUtcOffset(UtcOf(at)) != zone.GetUtcOffset(UtcOf(at - MinuteUs));
        for (var passed = high.AddMinutes(1); passed <= local; passed = passed.AddMinutes(1))
        {
            if (IsBoundary(passed))
                return true;
        }

        return false;
    }

    private bool IsBoundary(DateTime local)
    {
        int minutes = (local.Hour * 60) + local.Minute - ((period.At.Hour * 60) + period.At.Minute);
        bool isStartOfDay = minutes == 0;
        int days = (local.Date - period.Anchor.ToDateTime(TimeOnly.MinValue)).Days;
        return period.Unit switch
        {
            WindowUnit.Minute => minutes % period.Count == 0,
            WindowUnit.Hour => minutes % (60 * period.Count) == 0,
            WindowUnit.Day => isStartOfDay && days % period.Count == 0,
            WindowUnit.Week => isStartOfDay && days % (7 * period.Count) == 0,
            WindowUnit.Month => isStartOfDay && local.Day == 1 && (local.Month - 1) % period.Count == 0,
            WindowUnit.Quarter => isStartOfDay && local.Day == 1 && (local.Month - 1) % 3 == 0,
            _ => isStartOfDay && local is { Day: 1, Month: 1 },
        };
    }

    private DateTime LocalAt(long unixUs) => UtcOf(unixUs) + zone.GetUtcOffset(UtcOf(unixUs));

    private static DateTime UtcOf(long unixUs) => DateTime.UnixEpoch.AddTicks(unixUs * TimeSpan.TicksPerMicrosecond);
}
