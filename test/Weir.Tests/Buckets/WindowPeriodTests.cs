using System.Globalization;
using CsCheck;

namespace Weir.Tests.Buckets;

/// <summary>Windows of several units and with other starts, held to the plain definition over changes of clocks.</summary>
public sealed class WindowPeriodTests
{
    private const long HourUs = 3_600_000_000;

    private static readonly string[] Zones =
    [
        "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Asia/Beirut",
        "Pacific/Chatham", "Africa/Casablanca", "America/St_Johns", "Asia/Tehran", "Europe/Dublin", "America/Scoresbysund",
    ];

    /// <summary>Moments at which the clock of each zone was set anew since 2000, to the hour.</summary>
    private static readonly Dictionary<string, long[]> Changes = Zones.ToDictionary(zone => zone, ChangesOf);

    private static readonly Gen<WindowPeriod> Short = Gen.OneOf(
        AnyOf(1, 2, 5, 10, 15, 20, 30, 45).Select(count => new WindowPeriod(WindowUnit.Minute, count)),
        Gen.Select(AnyOf(1, 2, 3, 4, 6, 8, 12, 24), At).Select((count, at) => new WindowPeriod(WindowUnit.Hour, count) { At = at }),
        Gen.Select(AnyOf(90, 144, 160), At).Select((count, at) => new WindowPeriod(WindowUnit.Minute, count) { At = at }));

    private static readonly Gen<WindowPeriod> Long = Gen.OneOf(
        Gen.Select(Gen.Int[1, 10], At, Gen.Int[0, 400]).Select((count, at, days) => new WindowPeriod(WindowUnit.Day, count) { At = at, FromDate = count == 1 ? null : new DateOnly(2020, 1, 1).AddDays(days) }),
        Gen.Select(Gen.Int[1, 3], At, Gen.Enum<DayOfWeek>()).Select((count, at, day) => new WindowPeriod(WindowUnit.Week, count) { At = at, FromDay = day }),
        Gen.Select(AnyOf(1, 2), At).Select((count, at) => new WindowPeriod(WindowUnit.Month, count) { At = at }),
        At.Select(at => new WindowPeriod(WindowUnit.Quarter) { At = at }));

    private static Gen<TimeOnly> At => Gen.OneOf(Gen.Const(TimeOnly.MinValue), Gen.Select(Gen.Int[0, 23], AnyOf(0, 0, 30, 59)).Select((hour, minute) => new TimeOnly(hour, minute)));

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static long[] ChangesOf(string zone)
    {
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var changes = new List<long>();
        for (var at = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc); at.Year < 2031; at = at.AddHours(1))
        {
            if (info.GetUtcOffset(at) != info.GetUtcOffset(at.AddHours(-1)))
                changes.Add((at - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        }

        return changes.Count > 0 ? [.. changes] : [1_700_000_000_000_000];
    }

    private static WindowCalendar Of(WindowPeriod period, string zone) =>
        WindowCalendar.TryCreate(period, zone, out var calendar, out string? error) ? calendar : throw new ArgumentException(error);

    private static Gen<(string Zone, long At)> NearAChange(int hours) =>
        from zone in AnyOf(Zones)
        from change in Gen.Int[0, Changes[zone].Length - 1]
        from after in Gen.Long[-hours * HourUs, hours * HourUs]
        select (zone, Changes[zone][change] + after);

    private static void AssertPlain(Gen<WindowPeriod> periods, int hours, int iterations) => Gen.Select(periods, NearAChange(hours)).Sample(
        (period, moment) =>
        {
            var edges = Of(period, moment.Zone).Around(moment.At);
            var plain = new PlainWindows(period, TimeZoneInfo.FindSystemTimeZoneById(moment.Zone)).Around(moment.At);
            Assert.True(
                plain == (edges.StartUs, edges.EndUs),
                $"{period} at {period.At} from {period.From} in {moment.Zone} around {Text(moment.At)}: {Text(edges.StartUs)} to {Text(edges.EndUs)}, not {Text(plain.Start)} to {Text(plain.End)}");
        },
        iter: iterations);

    private static string Text(long us) => DateTimeOffset.UnixEpoch.AddTicks(us * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [Fact]
    public void Windows_of_minutes_and_hours_are_as_a_clock_shows_them() => AssertPlain(Short, hours: 30, iterations: 1_000);

    [Fact]
    public void Windows_of_days_weeks_and_months_are_as_a_clock_shows_them() => AssertPlain(Long, hours: 24 * 10, iterations: 200);

    [Fact]
    public void Windows_follow_each_other_without_a_gap_and_hold_their_moment() => Gen.Select(Gen.OneOf(Short, Long), NearAChange(24 * 40)).Sample((period, moment) =>
    {
        var calendar = Of(period, moment.Zone);
        var edges = calendar.Around(moment.At);
        var next = calendar.Around(edges.EndUs);
        return edges.PreviousStartUs < edges.StartUs && edges.StartUs <= moment.At && moment.At < edges.EndUs && edges.EndUs < edges.NextEndUs && edges.NextEndUs < edges.EndAfterNextUs
            && next.PreviousStartUs == edges.StartUs && next.StartUs == edges.EndUs && next.EndUs == edges.NextEndUs
            && Of(period, moment.Zone).Around(edges.StartUs) == edges && Of(period, moment.Zone).Around(edges.EndUs - 1) == edges;
    });

    [Theory]
    [InlineData("15m", null, null, "UTC", "2026-11-24T12:34:56Z", "2026-11-24T12:30:00Z", "2026-11-24T12:45:00Z")]
    [InlineData("10s", null, null, "Asia/Kolkata", "2026-11-24T12:34:56Z", "2026-11-24T12:34:50Z", "2026-11-24T12:35:00Z")]
    [InlineData("15m", null, null, "Asia/Kathmandu", "2026-11-24T12:34:56Z", "2026-11-24T12:30:00Z", "2026-11-24T12:45:00Z")]
    [InlineData("hour", null, "00:20", "UTC", "2026-11-24T12:10:00Z", "2026-11-24T11:20:00Z", "2026-11-24T12:20:00Z")]
    [InlineData("8h", null, "06:00", "Europe/Berlin", "2026-11-24T12:00:00Z", "2026-11-24T05:00:00Z", "2026-11-24T13:00:00Z")]
    // Shifts keep their times where the clock is changed: nine hours, and seven.
    [InlineData("8h", null, "22:00", "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z")]
    [InlineData("8h", null, "22:00", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z")]
    [InlineData("day", null, "06:00", "Europe/Berlin", "2026-11-25T04:59:59Z", "2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z")]
    [InlineData("24h", null, "06:00", "Europe/Berlin", "2026-11-25T05:00:00Z", "2026-11-25T05:00:00Z", "2026-11-26T05:00:00Z")]
    // The clock of Casablanca skips midnight.
    [InlineData("day", null, null, "Africa/Casablanca", "2010-05-01T23:30:00Z", "2010-05-01T00:00:00Z", "2010-05-02T00:00:00Z")]
    [InlineData("144m", null, null, "Africa/Casablanca", "2010-05-01T23:01:42Z", "2010-05-01T21:36:00Z", "2010-05-02T00:00:00Z")]
    // The clock skips 02:30: the day begins when it does. It shows 02:30 twice: at the first.
    [InlineData("day", null, "02:30", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("day", null, "02:30", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("week", "sunday", null, "UTC", "2026-11-28T23:59:59Z", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z")]
    [InlineData("week", "sunday", "06:00", "America/New_York", "2026-11-29T10:59:59Z", "2026-11-22T11:00:00Z", "2026-11-29T11:00:00Z")]
    [InlineData("week", "2030-01-05", null, "UTC", "2026-11-28T12:00:00Z", "2026-11-28T00:00:00Z", "2026-12-05T00:00:00Z")]
    [InlineData("2 weeks", null, null, "UTC", "1970-01-05T00:00:00Z", "1970-01-05T00:00:00Z", "1970-01-19T00:00:00Z")]
    [InlineData("2 weeks", "sunday", null, "UTC", "1970-01-05T00:00:00Z", "1970-01-04T00:00:00Z", "1970-01-18T00:00:00Z")]
    [InlineData("2 weeks", "2026-11-23", null, "UTC", "2026-11-29T12:00:00Z", "2026-11-23T00:00:00Z", "2026-12-07T00:00:00Z")]
    [InlineData("2 weeks", "2026-11-30", null, "UTC", "2026-11-29T12:00:00Z", "2026-11-16T00:00:00Z", "2026-11-30T00:00:00Z")]
    [InlineData("10 days", "2026-11-20", null, "UTC", "2026-11-29T23:59:59Z", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z")]
    [InlineData("2 months", null, null, "UTC", "2026-12-31T00:00:00Z", "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("2 quarters", null, "06:00", "UTC", "2026-07-01T05:59:59Z", "2026-01-01T06:00:00Z", "2026-07-01T06:00:00Z")]
    [InlineData("year", null, "06:00", "UTC", "2027-01-01T05:59:59Z", "2026-01-01T06:00:00Z", "2027-01-01T06:00:00Z")]
    public void A_policy_has_these_windows(string every, string? from, string? at, string zone, string moment, string start, string end)
    {
        string text = $"limit: 5, every: {every}, zone: {zone}{(from is null ? "" : $", from: {from}")}{(at is null ? "" : $", at: \"{at}\"")}";
        var limit = PolicyDocument.Parse($"defaultPlan: a\nplans: {{ a: {{ limits: {{ l: {{ window: {{ {text} }} }} }} }} }}\n", "test").DefaultPlan.Limits[0];
        var edges = ((WindowQuota)limit.Quota).Calendar.Around((DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Assert.Equal((start, end), (Text(edges.StartUs), Text(edges.EndUs)));
    }

    [Theory]
    [InlineData("24h", "day")]
    [InlineData("1440m", "day")]
    [InlineData("60m", "hour")]
    [InlineData("3600s", "hour")]
    [InlineData("120 minutes", "2 hours")]
    [InlineData("1 week", "week")]
    [InlineData("3 months", "quarter")]
    [InlineData("4 quarters", "year")]
    [InlineData("12 months", "year")]
    [InlineData("1 year", "year")]
    public void Lengths_that_are_the_same_are_equal(string one, string other)
    {
        Assert.Equal(QuotaOf(one), QuotaOf(other));
        Assert.NotEqual(QuotaOf(one), QuotaOf("6h"));
    }

    [Fact]
    public void Every_zone_of_the_database_has_windows()
    {
        var zones = TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.HasIanaId).ToList();
        Assert.NotEmpty(zones);
        foreach (var zone in zones)
        {
            var edges = Of(new WindowPeriod(WindowUnit.Week, 2) { At = new TimeOnly(6, 0) }, zone.Id).Around(1_795_000_000_000_000);
            Assert.InRange(edges.EndUs - edges.StartUs, ((14 * 24) - 2) * HourUs, ((14 * 24) + 2) * HourUs);
        }
    }

    private static Quota QuotaOf(string every) =>
        PolicyDocument.Parse($"defaultPlan: a\nplans: {{ a: {{ limits: {{ l: {{ window: {{ limit: 5, every: {every} }} }} }} }} }}\n", "test").DefaultPlan.Limits[0].Quota;
}
