using System.Globalization;

namespace Weir;

internal static class WindowText
{
    public const string Units =
        "second, minute, hour, day, week, month, quarter or year, or several of them, such as 15m or 2 weeks";

    public const string SomeStarts = "such as sunday or 2030-01-06";

    private const string DateFormat = "yyyy-MM-dd";
    private const int MaxCount = 86_400;

    private static readonly string[] Alone = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
    private static readonly string[] Days =
        ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

    public static bool TryParseEvery(string text, out WindowPeriod period, out string? error)
    {
        int digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        period = default;
        error = $"{Spelling.Quote(text)} is not the length of a window; write {Units}{Spelling.DidYouMean(text, Alone)}";
        if (Array.IndexOf(Alone, text) is >= 0 and var alone)
            period = new WindowPeriod((WindowUnit)alone);
        else if (digits < 1 || UnitOf(text.AsSpan(text[digits] == ' ' ? digits + 1 : digits)) is not { } unit)
            return false;
        else if (!WholeNumber.TryParse(text.AsSpan(0, digits), MaxCount, out long count) || count == 0)
        {
            error = $"{Spelling.Quote(text)} is out of range; a window is at most a year long: write 1 to {MaxCount} units";
            return false;
        }
        else
            period = new WindowPeriod(unit, (int)count);

        error = period.ComplaintOfLength();
        return error is null;
    }

    public static bool TryParseAt(string text, out TimeOnly at, out string? error)
    {
        bool isTime = TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out at);
        error = isTime
            ? null
            : $"{Spelling.Quote(text)} is not a time of day; write hours and minutes from 00:00 to 23:59, such as \"06:00\"";
        return isTime;
    }

    public static bool TryParseFrom(string text, out WindowStart from, out string? error)
    {
        error = null;
        from = default;
        if (Array.IndexOf(Days, text) is >= 0 and var day)
            from = new WindowStart((DayOfWeek)day, null);
        else if (DateOnly.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            from = new WindowStart(null, date);
        else
        {
            error = $"{Spelling.Quote(text)} is not where windows begin; write a day of the week or a date, {SomeStarts}"
                + Spelling.DidYouMean(text, Days);
        }

        return error is null;
    }

    private static WindowUnit? UnitOf(ReadOnlySpan<char> unit) => unit switch
    {
        "s" or "sec" or "second" or "seconds" => WindowUnit.Second,
        "m" or "min" or "minute" or "minutes" => WindowUnit.Minute,
        "h" or "hour" or "hours" => WindowUnit.Hour,
        "d" or "day" or "days" => WindowUnit.Day,
        "w" or "week" or "weeks" => WindowUnit.Week,
        "month" or "months" => WindowUnit.Month,
        "quarter" or "quarters" => WindowUnit.Quarter,
        "year" or "years" => WindowUnit.Year,
        _ => null,
    };
}

internal readonly record struct WindowStart(DayOfWeek? Day, DateOnly? Date);
