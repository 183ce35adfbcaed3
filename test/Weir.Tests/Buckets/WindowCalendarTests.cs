using System.Globalization;
using CsCheck;
using Weir.Testing;

namespace Weir.Tests.Buckets;

public sealed class WindowCalendarTests
{
    private static WindowCalendar Of(WindowUnit every, string zone) =>
        WindowCalendar.TryCreate(every, zone, out var calendar, out string? error) ? calendar : throw new ArgumentException(error);

    private static long Us(string time) =>
        (DateTimeOffset.Parse(time, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static string Text(long us) => DateTimeOffset.UnixEpoch.AddTicks(us * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(WindowUnit.Second, "UTC", "2026-11-24T12:34:56.7Z", "2026-11-24T12:34:56Z", "2026-11-24T12:34:57Z")]
    [InlineData(WindowUnit.Minute, "Asia/Kolkata", "2026-11-24T12:34:56Z", "2026-11-24T12:34:00Z", "2026-11-24T12:35:00Z")]
    [InlineData(WindowUnit.Hour, "Asia/Kolkata", "2026-11-24T12:34:56Z", "2026-11-24T12:30:00Z", "2026-11-24T13:30:00Z")]
    [InlineData(WindowUnit.Day, "Europe/Berlin", "2026-11-24T22:59:59Z", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z")]
    [InlineData(WindowUnit.Week, "UTC", "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z")]
    [InlineData(WindowUnit.Week, "UTC", "2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z")]
    [InlineData(WindowUnit.Month, "America/New_York", "2024-02-29T12:00:00Z", "2024-02-01T05:00:00Z", "2024-03-01T05:00:00Z")]
    [InlineData(WindowUnit.Quarter, "UTC", "2026-11-24T00:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData(WindowUnit.Year, "Asia/Tokyo", "2026-12-31T16:00:00Z", "2026-12-31T15:00:00Z", "2027-12-31T15:00:00Z")]
    // The clock goes forward: a day of 23 hours, and no third hour.
    [InlineData(WindowUnit.Day, "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData(WindowUnit.Hour, "Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData(WindowUnit.Hour, "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z")]
    // It goes back: a day of 25 hours, and an hour that happens twice is two windows.
    [InlineData(WindowUnit.Day, "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")]
    [InlineData(WindowUnit.Hour, "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z")]
    [InlineData(WindowUnit.Hour, "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z")]
    // Midnight does not exist: the day begins when the clock skips it.
    [InlineData(WindowUnit.Day, "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z")]
    [InlineData(WindowUnit.Day, "America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z")]
    // Midnight happens twice: the day begins at the first.
    [InlineData(WindowUnit.Day, "America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z")]
    // A date that a zone left out is no window.
    [InlineData(WindowUnit.Day, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z")]
    [InlineData(WindowUnit.Day, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z")]
    // Half an hour: the hour in which the clock goes back is cut where it does.
    [InlineData(WindowUnit.Hour, "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z")]
    [InlineData(WindowUnit.Hour, "Australia/Lord_Howe", "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z")]
    public void The_window_of_a_moment_is_this(WindowUnit every, string zone, string at, string start, string end)
    {
        var edges = Of(every, zone).Around(Us(at));
        Assert.Equal((start, end), (Text(edges.StartUs), Text(edges.EndUs)));
    }

    [Fact]
    public void Windows_follow_each_other_without_a_gap_and_hold_their_moment()
    {
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Asia/Beirut", "Pacific/Chatham", "Africa/Casablanca"];
        Gen.Select(Gen.Enum<WindowUnit>(), Gen.Int[0, zones.Length - 1].Select(i => zones[i]), Gen.Long[Us("1990-01-01Z"), Us("2060-01-01Z")]).Sample((every, zone, at) =>
        {
            var calendar = Of(every, zone);
            var edges = calendar.Around(at);
            var next = calendar.Around(edges.EndUs);
            return edges.PreviousStartUs < edges.StartUs && edges.StartUs <= at && at < edges.EndUs && edges.EndUs < edges.NextEndUs && edges.NextEndUs < edges.EndAfterNextUs
                && next.PreviousStartUs == edges.StartUs && next.StartUs == edges.EndUs && next.EndUs == edges.NextEndUs
                && Of(every, zone).Around(edges.StartUs) == edges && Of(every, zone).Around(edges.EndUs - 1) == edges;
        });
    }

    [Fact]
    public void The_window_that_was_asked_for_last_costs_no_allocation()
    {
        var calendar = Of(WindowUnit.Day, "Europe/Berlin");
        long at = Us("2026-11-24T12:00:00Z");
        calendar.Around(at);
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < 1_000; i++)
                calendar.Around(at + i);
        });
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void Calendars_compare_by_length_and_zone()
    {
        Assert.Equal(Of(WindowUnit.Day, "UTC"), Of(WindowUnit.Day, "UTC"));
        Assert.NotEqual(Of(WindowUnit.Day, "UTC"), Of(WindowUnit.Week, "UTC"));
        Assert.NotEqual(Of(WindowUnit.Day, "UTC"), Of(WindowUnit.Day, "Europe/Berlin"));
    }
}
