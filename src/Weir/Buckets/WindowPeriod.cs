using System.Globalization;

namespace Weir;

/// <summary>Length and start of calendar windows, in any time zone. Compares by value.</summary>
/// <param name="Unit">Unit of the length.</param>
/// <param name="Count">Units per window, up to one year; they divide a day (hours or less) or a year (months).</param>
public readonly record struct WindowPeriod(WindowUnit Unit, int Count = 1)
{
    private const int DaySeconds = 24 * 60 * 60;
    private const int HourSeconds = 60 * 60;
    private const int MaxDays = 366;
    private const int MaxWeeks = 52;
    private const int YearMonths = 12;

    private static readonly DateOnly FirstSunday = new(1970, 1, 4);

    /// <summary>Time of day at which windows of an hour or longer begin, in whole minutes; default: midnight.</summary>
    public TimeOnly At { get; init; }

    /// <summary>Weekday on which windows of weeks begin; null for Monday (ISO 8601).</summary>
    public DayOfWeek? FromDay { get; init; }

    /// <summary>Date on which a window of days or weeks begins; null for the first FromDay from 1970-01-04.</summary>
    public DateOnly? FromDate { get; init; }

    internal int Seconds => Unit switch
    {
        WindowUnit.Second => Count,
        WindowUnit.Minute => 60 * Count,
        WindowUnit.Hour => HourSeconds * Count,
        _ => 0,
    };

    internal int Days => Unit switch
    {
        WindowUnit.Day => Count,
        WindowUnit.Week => 7 * Count,
        _ => 0,
    };

    internal int Months => Unit switch
    {
        WindowUnit.Month => Count,
        WindowUnit.Quarter => 3 * Count,
        WindowUnit.Year => YearMonths * Count,
        _ => 0,
    };

    internal DateOnly Anchor => FromDate ?? FirstSunday.AddDays((int)(FromDay ?? DayOfWeek.Monday));

    /// <summary>Start of windows as a policy spells it, a date or a weekday; null if neither is set.</summary>
    public string? From =>
        FromDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? FromDay?.ToString().ToLowerInvariant();

    internal TimeSpan Longest => Seconds > 0 ? TimeSpan.FromSeconds(Seconds)
        : Days > 0 ? TimeSpan.FromDays(Days)
        : Months == YearMonths ? TimeSpan.FromDays(366)
        : TimeSpan.FromDays((30 * Months) + ((Months + 2) / 2));

    /// <summary>Returns the canonical form. For example, 24 hours become a day, and 3 months a quarter.</summary>
    internal WindowPeriod Plain() => (this with { FromDay = FromDay == DayOfWeek.Monday ? null : FromDay }) switch
    {
        { Seconds: DaySeconds } plain => plain with { Unit = WindowUnit.Day, Count = 1 },
        { Seconds: > 0 and var seconds } plain when seconds % HourSeconds == 0 =>
            plain with { Unit = WindowUnit.Hour, Count = seconds / HourSeconds },
        { Seconds: > 0 and var seconds } plain when seconds % 60 == 0 =>
            plain with { Unit = WindowUnit.Minute, Count = seconds / 60 },
        { Months: YearMonths } plain => plain with { Unit = WindowUnit.Year, Count = 1 },
        { Months: 3 } plain => plain with { Unit = WindowUnit.Quarter, Count = 1 },
        { Months: > 0 and var months } plain => plain with { Unit = WindowUnit.Month, Count = months },
        var plain => plain,
    };

    internal string? ComplaintOfLength()
    {
        string? error = null;
        if (Count is < 1 or > DaySeconds)
            error = $"a window is at most a year long; write 1 to {DaySeconds} units";
        else if (Seconds > DaySeconds)
            error = "it is more than a day; write days, such as 2 days";
        else if (Seconds > 0 && DaySeconds % Seconds != 0)
        {
            error = "it does not divide a day, so that windows would begin at other times each day; "
                + "write a length that does, such as 15m, 45m or 6h";
        }
        else if (Days > MaxDays || (Unit == WindowUnit.Week && Count > MaxWeeks) || Months > YearMonths)
            error = "a window is at most a year long; write up to 366 days, 52 weeks or 12 months";
        else if (Months > 0 && YearMonths % Months != 0)
        {
            error = "it does not divide a year, so that windows would begin in other months each year; "
                + "write 1, 2, 3, 4, 6 or 12 months";
        }

        return error is null ? null : $"{this} cannot be the length of a window: {error}";
    }

    internal string? ComplaintOfStart()
    {
        if (At != default && Seconds is > 0 and < HourSeconds)
        {
            return $"at: {At:HH':'mm} is for windows of an hour or longer, and every is {this}: "
                + "leave it out, or write at: \"00:00\"";
        }

        if (FromDate is { } date && (Days == 0 || (Unit == WindowUnit.Day && Count == 1)))
            return $"from: {date:yyyy'-'MM'-'dd} is for several days or for weeks, and every is {this}: leave it out";
        return FromDay is not null && Unit != WindowUnit.Week
            ? $"from: {From} is for weeks, and every is {this}: leave it out"
            : null;
    }

    /// <summary>Returns the length in the spelling of a policy: <c>day</c>, <c>15 minutes</c>.</summary>
    public override string ToString()
    {
        string unit = Unit.ToString().ToLowerInvariant();
        return Count == 1 ? unit : string.Create(CultureInfo.InvariantCulture, $"{Count} {unit}s");
    }
}
