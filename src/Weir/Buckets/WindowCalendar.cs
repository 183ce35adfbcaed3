using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// When windows begin and end: on the edges of the seconds, hours, days and so on of a time zone (IANA Time Zone Database). Compares by value.
/// </summary>
/// <remarks>
/// A day begins when its date does: at the first of two midnights, and where there is none, when the clock skips it. A window never has no length: a date that a zone
/// left out is none. Safe for concurrent use.
/// </remarks>
internal sealed class WindowCalendar : IEquatable<WindowCalendar>
{
    private const long SecondUs = 1_000_000;
    private const long MinuteUs = 60 * SecondUs;
    private const long HourUs = 60 * MinuteUs;

    private readonly TimeZoneInfo _zone;
    private volatile Edges? _last;

    private sealed record Edges(WindowEdges Value);

    private WindowCalendar(WindowUnit every, TimeZoneInfo zone)
    {
        Every = every;
        _zone = zone;
    }

    /// <summary>True if this machine has the IANA Time Zone Database.</summary>
    private static bool HasZones => TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out _);

    /// <summary>The length of a window.</summary>
    public WindowUnit Every { get; }

    /// <summary>The zone's IANA name.</summary>
    public string Zone => _zone.Id;

    public static bool TryCreate(
        WindowUnit every, string zone, [NotNullWhen(true)] out WindowCalendar? calendar, [NotNullWhen(false)] out string? error)
    {
        calendar = null;
        error = null;
        // The system also knows the names that Windows gives to zones, which have spaces; not everywhere, so nowhere.
        if (zone.Contains(' ') || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
            error = HasZones
                ? $"there is no time zone {Spelling.Quote(zone)}; write UTC or a name of the IANA database, such as Europe/Berlin"
                : $"the time zone {Spelling.Quote(zone)} cannot be looked up, since this machine has no time zone data: install tzdata, or write UTC";
        else
            calendar = new WindowCalendar(every, found);
        return calendar is not null;
    }

    /// <summary>The window of a moment. Without allocation as long as it is the one that was asked for last.</summary>
    public WindowEdges Around(long unixUs)
    {
        if (_last is { } last && unixUs >= last.Value.StartUs && unixUs < last.Value.EndUs)
            return last.Value;
        var edges = new Edges(Compute(unixUs));
        _last = edges;
        return edges.Value;
    }

    /// <summary>The length of the window of a moment: months differ, and so do days in which clocks change.</summary>
    public TimeSpan LengthAt(DateTimeOffset time)
    {
        var edges = Around((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return TimeSpan.FromMicroseconds(edges.EndUs - edges.StartUs);
    }

    /// <inheritdoc/>
    public bool Equals(WindowCalendar? other) => other is not null && Every == other.Every && Zone == other.Zone;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as WindowCalendar);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Every, Zone);

    private WindowEdges Compute(long unixUs)
    {
        var (start, end) = WindowOf(unixUs);
        long next = WindowOf(end).End;
        return new WindowEdges(WindowOf(start - 1).Start, start, end, next, WindowOf(next).End);
    }

    private (long Start, long End) WindowOf(long unixUs) => Every switch
    {
        WindowUnit.Second => Fixed(unixUs, SecondUs),
        WindowUnit.Minute => Fixed(unixUs, MinuteUs),
        WindowUnit.Hour => HourOf(unixUs),
        _ => DatesOf(unixUs),
    };

    /// <summary>Zones differ from each other by whole minutes, so these edges are everybody's.</summary>
    private static (long Start, long End) Fixed(long unixUs, long length)
    {
        long start = unixUs - Modulo(unixUs, length);
        return (start, start + length);
    }

    /// <summary>An hour of the clock as it was set at that moment, cut where it was set anew.</summary>
    private (long Start, long End) HourOf(long unixUs)
    {
        long offset = OffsetUs(unixUs);
        long start = unixUs - Modulo(unixUs + offset, HourUs), end = start + HourUs;
        if (OffsetUs(start) != offset)
            start = First(start, unixUs, at => OffsetUs(at) == offset);
        if (OffsetUs(end - 1) != offset)
            end = First(unixUs, end - 1, at => OffsetUs(at) != offset);
        return (start, end);
    }

    private (long Start, long End) DatesOf(long unixUs)
    {
        var date = FirstDateOf(DateOnly.FromDateTime(LocalOf(unixUs)));
        long start = StartOf(date), end = StartOf(Next(date));
        // A clock that is set back over midnight shows a date before it has begun for good.
        while (start > unixUs)
            (date, start, end) = (Previous(date), StartOf(Previous(date)), start);
        while (end <= unixUs)
        {
            date = Next(date);
            (start, end) = (end, StartOf(Next(date)));
        }

        return (start, end);
    }

    private DateOnly FirstDateOf(DateOnly date) => Every switch
    {
        WindowUnit.Day => date,
        WindowUnit.Week => date.AddDays(-(((int)date.DayOfWeek + 6) % 7)),
        WindowUnit.Month => new DateOnly(date.Year, date.Month, 1),
        WindowUnit.Quarter => new DateOnly(date.Year, ((date.Month - 1) / 3 * 3) + 1, 1),
        _ => new DateOnly(date.Year, 1, 1),
    };

    private DateOnly Next(DateOnly date) => Step(date, 1);

    private DateOnly Previous(DateOnly date) => Step(date, -1);

    private DateOnly Step(DateOnly date, int by) => Every switch
    {
        WindowUnit.Day => date.AddDays(by),
        WindowUnit.Week => date.AddDays(7 * by),
        WindowUnit.Month => date.AddMonths(by),
        WindowUnit.Quarter => date.AddMonths(3 * by),
        _ => date.AddYears(by),
    };

    /// <summary>The first moment of a date, or of the next one if the zone left it out.</summary>
    private long StartOf(DateOnly date)
    {
        var midnight = date.ToDateTime(TimeOnly.MinValue);
        long asIfUtc = Microseconds(midnight);
        if (_zone.IsAmbiguousTime(midnight))
            return asIfUtc - _zone.GetAmbiguousTimeOffsets(midnight).Max().Ticks / TimeSpan.TicksPerMicrosecond;
        if (!_zone.IsInvalidTime(midnight))
            return asIfUtc - (_zone.GetUtcOffset(midnight).Ticks / TimeSpan.TicksPerMicrosecond);
        // The clock skips it: the moment at which it does.
        const long most = 27 * HourUs;
        return First(asIfUtc - most, asIfUtc + most, at => at + OffsetUs(at) >= asIfUtc);
    }

    /// <summary>The first moment in a span for which something holds that holds from there on.</summary>
    private static long First(long from, long to, Func<long, bool> holds)
    {
        while (from < to)
        {
            long middle = from + ((to - from) / 2);
            if (holds(middle))
                to = middle;
            else
                from = middle + 1;
        }

        return from;
    }

    private long OffsetUs(long unixUs) => _zone.GetUtcOffset(UtcOf(unixUs)).Ticks / TimeSpan.TicksPerMicrosecond;

    private DateTime LocalOf(long unixUs) => DateTime.SpecifyKind(UtcOf(unixUs + OffsetUs(unixUs)), DateTimeKind.Unspecified);

    private static DateTime UtcOf(long unixUs) => DateTime.UnixEpoch.AddTicks(unixUs * TimeSpan.TicksPerMicrosecond);

    private static long Microseconds(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static long Modulo(long value, long by) => ((value % by) + by) % by;
}
