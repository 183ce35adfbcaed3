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
