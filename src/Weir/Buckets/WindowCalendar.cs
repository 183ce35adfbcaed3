using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Computes window edges in an IANA time zone. Safe for concurrent use; compares by value.</summary>
internal sealed class WindowCalendar : IEquatable<WindowCalendar>
{
    private const long SecondUs = 1_000_000;
    private const long MinuteUs = 60 * SecondUs;
    private const long HourUs = 60 * MinuteUs;

    /// <summary>Upper bound of the UTC offset of every zone: 15 hours.</summary>
    private const long MostOffsetUs = 15 * HourUs;

    private readonly TimeZoneInfo _zone;
    private readonly long _lengthUs;
    private volatile Edges? _last;

    private sealed record Edges(WindowEdges Value);

    private WindowCalendar(WindowPeriod period, TimeZoneInfo zone)
    {
        Period = period;
        _lengthUs = period.Seconds * SecondUs;
        _zone = zone;
    }

    private static bool HasZones => TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out _);

    public WindowPeriod Period { get; }

    public string Zone => _zone.Id;

    public static bool TryCreate(
        WindowUnit every, string zone,
        [NotNullWhen(true)] out WindowCalendar? calendar, [NotNullWhen(false)] out string? error) =>
        TryCreate(new WindowPeriod(every), zone, out calendar, out error);

    public static bool TryCreate(
        WindowPeriod period, string zone,
        [NotNullWhen(true)] out WindowCalendar? calendar, [NotNullWhen(false)] out string? error)
    {
        calendar = null;
        error = period.ComplaintOfLength() ?? period.ComplaintOfStart();
        if (error is not null)
            return false;
        // Rejects the Windows names of zones, which contain spaces: only some systems know these names.
        if (zone.Contains(' ') || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
            error = HasZones
                ? $"there is no time zone {Spelling.Quote(zone)}; write UTC or a name of the IANA database, such as Europe/Berlin"
                : $"the time zone {Spelling.Quote(zone)} cannot be looked up, since this machine has no time zone data: install tzdata, or write UTC";
        else
            calendar = new WindowCalendar(period.Plain(), found);
        return calendar is not null;
    }

    /// <summary>Returns the window at a time. Allocates only if the last call was for another window.</summary>
    public WindowEdges Around(long unixUs)
    {
        if (_last is { } last && unixUs >= last.Value.StartUs && unixUs < last.Value.EndUs)
            return last.Value;
        var edges = new Edges(Compute(unixUs));
        _last = edges;
        return edges.Value;
    }

    public TimeSpan LengthAt(DateTimeOffset time)
    {
        var edges = Around((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return TimeSpan.FromMicroseconds(edges.EndUs - edges.StartUs);
    }

    public bool Equals(WindowCalendar? other) => other is not null && Period == other.Period && Zone == other.Zone;

    public override bool Equals(object? obj) => Equals(obj as WindowCalendar);

    public override int GetHashCode() => HashCode.Combine(Period, Zone);

    private WindowEdges Compute(long unixUs)
    {
        var (start, end) = WindowOf(unixUs);
        long next = WindowOf(end).End;
        return new WindowEdges(WindowOf(start - 1).Start, start, end, next, WindowOf(next).End);
    }

    private (long Start, long End) WindowOf(long unixUs) =>
        _lengthUs is 0 or > HourUs ? FromBoundary(unixUs)
        : MinuteUs % _lengthUs == 0 ? Fixed(unixUs, _lengthUs)
        : WithinHour(unixUs);

    /// <summary>Returns a window whose length divides a minute. Its edges are equal in all zones, because UTC offsets
    /// are whole minutes.</summary>
    private static (long Start, long End) Fixed(long unixUs, long length)
    {
        long start = unixUs - Modulo(unixUs, length);
        return (start, start + length);
    }

    /// <summary>Returns a part of the day by the UTC offset at that time, cut where the offset changes.</summary>
    private (long Start, long End) WithinHour(long unixUs)
    {
        long offset = OffsetUs(unixUs), at = Period.At.Ticks / TimeSpan.TicksPerMicrosecond;
        long start = unixUs - Modulo(unixUs + offset - at, _lengthUs), end = start + _lengthUs;
        if (OffsetUs(start) != offset)
            start = First(start, unixUs, time => OffsetUs(time) == offset);
        if (OffsetUs(end - 1) != offset)
            end = First(unixUs, end - 1, time => OffsetUs(time) != offset);
        return (start, end);
    }

    private (long Start, long End) FromBoundary(long unixUs)
    {
        var boundary = BoundaryBefore(LocalOf(unixUs));
        long start = StartOf(boundary), end = StartOf(Step(boundary, 1));
        // Local times repeat after the clock goes back, so the boundary may be too late or too early by some windows.
        while (start > unixUs)
        {
            boundary = Step(boundary, -1);
            (start, end) = (StartOf(boundary), start);
        }

        while (end <= unixUs)
        {
            boundary = Step(boundary, 1);
            (start, end) = (end, StartOf(Step(boundary, 1)));
        }

        return (start, end);
    }

    /// <summary>Returns the last local time, up to the given one, at which a window begins.</summary>
    private DateTime BoundaryBefore(DateTime local)
    {
        var shifted = local - Period.At.ToTimeSpan();
        if (_lengthUs > 0)
            return local - TimeSpan.FromTicks(shifted.Ticks % (_lengthUs * TimeSpan.TicksPerMicrosecond));
        var date = DateOnly.FromDateTime(shifted);
        if (Period.Days > 0)
            date = date.AddDays(-(int)Modulo(date.DayNumber - Period.Anchor.DayNumber, Period.Days));
        else
            date = new DateOnly(date.Year, date.Month - ((date.Month - 1) % Period.Months), 1);
        return date.ToDateTime(Period.At);
    }

    private DateTime Step(DateTime boundary, int by) =>
        _lengthUs > 0 ? boundary.AddTicks(by * _lengthUs * TimeSpan.TicksPerMicrosecond)
        : Period.Days > 0 ? boundary.AddDays(by * Period.Days)
        : boundary.AddMonths(by * Period.Months);

    // Returns the first moment at which the clock shows a local time. Uses only the offsets of moments: the conversion
    // of local times misses some skips and repeats (Africa/Casablanca).
    private long StartOf(DateTime local)
    {
        long asIfUtc = Microseconds(local), from = asIfUtc - MostOffsetUs, to = asIfUtc + MostOffsetUs;
        long before = asIfUtc - OffsetUs(from), after = asIfUtc - OffsetUs(to);
        long first = Math.Min(before, after), second = Math.Max(before, after);
        return Shows(first) ? first
            : Shows(second) ? second
            // The clock skips this local time: return the moment of the skip.
            : First(from, to, at => at + OffsetUs(at) >= asIfUtc);

        bool Shows(long at) => at + OffsetUs(at) == asIfUtc;
    }

    /// <summary>Returns the first moment for which a monotonic condition holds, by binary search.</summary>
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
