using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Headers;

/// <summary>The headers of a decision in each form, under a plan of 10 an hour.</summary>
public sealed class RateLimitHeadersTests
{
    private static readonly string[] All =
    [
        "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ];

    [Fact]
    public async Task Draft_11_is_the_default()
    {
        var (allowed, refused) = await AskAsync();

        AssertHas(allowed, ("RateLimit-Policy", "\"per-key\";q=10;w=3600"), ("RateLimit", "\"per-key\";r=3;t=2520"));
        AssertHas(refused, ("RateLimit-Policy", "\"per-key\";q=10;w=3600"), ("RateLimit", "\"per-key\";r=3;t=2520"));
    }

    [Fact]
    public async Task Draft_06_says_it_in_four_headers()
    {
        var (allowed, refused) = await AskAsync("Weir:Headers=draft-06");

        (string, string)[] both = [("RateLimit-Policy", "10;w=3600"), ("RateLimit-Limit", "10"), ("RateLimit-Remaining", "3"), ("RateLimit-Reset", "2520")];
        AssertHas(allowed, both);
        AssertHas(refused, both);
    }

    [Fact]
    public async Task Legacy_says_the_reset_as_Unix_seconds()
    {
        long before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var (allowed, _) = await AskAsync("Weir:Headers=legacy");

        string reset = allowed.Header("X-RateLimit-Reset")!;
        AssertHas(allowed, ("X-RateLimit-Limit", "10"), ("X-RateLimit-Remaining", "3"), ("X-RateLimit-Reset", reset));
        Assert.InRange(long.Parse(reset), before + 2520, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 2521);
    }

    [Fact]
    public async Task Off_says_nothing_but_Retry_After()
    {
        var (allowed, refused) = await AskAsync("Weir:Headers=off");

        AssertHas(allowed);
        AssertHas(refused);
    }

    [Fact]
    public async Task The_window_is_the_time_in_which_an_empty_bucket_fills_rounded_up()
    {
        using var policies = new PolicyFile();
        await using var server = await RunningServer.StartAsync(policies.Setting);

        Assert.Equal("\"per-key\";q=10;w=2", (await server.Http.TakeAsync("k")).Header("RateLimit-Policy"));
        Assert.Equal("\"per-key\";q=10;w=7", (await server.Http.TakeAsync("k", 1, "odd")).Header("RateLimit-Policy"));
        Assert.Equal("\"per-key\";r=9;t=1", (await server.Http.TakeAsync("l")).Header("RateLimit"));
    }

    public static TheoryData<string, string, long, string[]> Untrue => new()
    {
        { "a ban", "rate: 0/s", 1, ["\"l\";q=0", "\"l\";r=0", "- 0 0 -", "0 0 -"] },
        { "a window that bans", "window: { limit: 0, every: day }", 1, ["\"l\";q=0", "\"l\";r=0", "- 0 0 -", "0 0 -"] },
        { "a cost above the capacity", "rate: 10/h, burst: 1x", 11, ["\"l\";q=10;w=3600", "\"l\";r=10", "10;w=3600 10 10 -", "10 10 -"] },
        { "a cost above a window", "window: { limit: 10, every: minute }", 11, ["\"l\";q=10;w=60", "\"l\";r=10", "10;w=60 10 10 -", "10 10 -"] },
        { "a cost above its multiple", "rate: 10/h, burst: 1x, cost: 3", 4, ["\"l\";q=10;w=3600", "\"l\";r=10", "10;w=3600 10 10 -", "10 10 -"] },
        { "concurrency that never fits", "concurrency: { limit: 0, lease: 60s }", 1, ["\"l\";q=0", "\"l\";r=0", "- 0 0 -", "0 0 -"] },
    };

    [Theory]
    [MemberData(nameof(Untrue))]
    public async Task A_time_that_would_not_be_true_is_left_out_in_every_form(string what, string limit, long cost, string[] expected)
    {
        Assert.Equal($"{what}: {expected[0]} {expected[1]}", $"{what}: {await HeadersAsync("draft-11", limit, cost, "RateLimit-Policy", "RateLimit")}");
        Assert.Equal(expected[2], await HeadersAsync("draft-06", limit, cost, "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"));
        Assert.Equal(expected[3], await HeadersAsync("legacy", limit, cost, "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"));
    }

    [Fact]
    public async Task Concurrency_has_no_window_and_says_when_the_last_permit_ends_at_the_latest()
    {
        Assert.Equal("\"l\";q=2 \"l\";r=1;t=60", await HeadersAsync("draft-11", "concurrency: { limit: 2, lease: 60s }", 1, "RateLimit-Policy", "RateLimit"));
        Assert.Equal("- 2 1 60", await HeadersAsync("draft-06", "concurrency: { limit: 2, lease: 60s }", 1, "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"));
    }

    [Theory]
    [InlineData("month", "2027-02-10", 28)]
    [InlineData("month", "2028-02-10", 29)]
    [InlineData("month", "2027-04-10", 30)]
    [InlineData("month", "2027-12-31", 31)]
    [InlineData("quarter", "2027-01-01", 90)]
    [InlineData("quarter", "2027-08-01", 92)]
    [InlineData("year", "2027-06-01", 365)]
    [InlineData("year", "2028-06-01", 366)]
    [InlineData("day", "2027-06-01", 1)]
    public void A_window_has_the_length_of_the_calendar(string every, string day, int days) =>
        Assert.Equal(TimeSpan.FromDays(days), WindowOf(every, "UTC").WindowAt(DateTimeOffset.Parse(day + "T12:00:00Z")));

    [Theory]
    [InlineData("2027-03-28T10:00:00Z", 23)]
    [InlineData("2027-10-31T10:00:00Z", 25)]
    [InlineData("2027-11-01T10:00:00Z", 24)]
    public void A_day_has_its_hours_also_when_clocks_change(string time, int hours) =>
        Assert.Equal(TimeSpan.FromHours(hours), WindowOf("day", "Europe/Berlin").WindowAt(DateTimeOffset.Parse(time)));

    private static WindowQuota WindowOf(string every, string zone)
    {
        Assert.True(WindowQuota.TryCreate(10, Enum.Parse<WindowUnit>(every, ignoreCase: true), zone, out var quota, out _));
        return quota;
    }

    /// <summary>The values of headers of one take, a dash for each that is not there.</summary>
    private static async Task<string> HeadersAsync(string form, string limit, long cost, params string[] names)
    {
        using var policies = new PolicyFile($"defaultPlan: a\nplans: {{ a: {{ limits: {{ l: {{ {limit} }} }} }} }}\n");
        await using var server = await RunningServer.StartAsync(policies.Setting, $"Weir:Headers={form}");
        var answer = await server.Http.TakeAsync("k", cost);
        return string.Join(' ', names.Select(name => answer.Header(name) ?? "-"));
    }

    [Fact]
    public async Task Every_path_that_decides_one_request_has_the_headers()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.NotNull((await server.Http.GetAsync("/limit/check?key=k")).Header("RateLimit"));
        foreach (string path in (string[])["/limit/incr", "/v1/take", "/v1/check"])
            Assert.NotNull((await server.Http.PostAsync(path, """{"key":"k"}""")).Header("RateLimit"));
        Assert.Null((await server.Http.PostAsync("/v1/take", "{}")).Header("RateLimit"));
    }

    /// <summary>A take that is allowed and leaves 3, and one of 4 that is refused then; it has to wait for a token, 360 s.</summary>
    private static async Task<(Answer Allowed, Answer Refused)> AskAsync(params string[] settings)
    {
        using var policies = new PolicyFile();
        await using var server = await RunningServer.StartAsync([policies.Setting, .. settings]);
        var allowed = await server.Http.TakeAsync("k", 7, "slow");
        var refused = await server.Http.TakeAsync("k", 4, "slow");
        Assert.Equal((200, 429), (allowed.Status, refused.Status));
        Assert.Null(allowed.Header("Retry-After"));
        Assert.Equal("360", refused.Header("Retry-After"));
        return (allowed, refused);
    }

    private static void AssertHas(Answer answer, params (string Name, string Value)[] expected) => Assert.Equal(
        expected.Order(),
        (from name in All where answer.Header(name) is not null select (name, answer.Header(name)!)).Order());
}
