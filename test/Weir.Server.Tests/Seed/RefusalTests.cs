using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Seed;

/// <summary>Refusals in the seed's words. The plan of the tenant <c>slow</c> is 10 an hour: one token comes back in 360 s.</summary>
public sealed class RefusalTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private const long TokenMs = 360_000;

    [Fact]
    public async Task A_refusal_is_429_and_names_the_time_at_which_it_would_be_allowed()
    {
        string key = Fresh.Key();
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await IncrementAsync(key, 10);

        var refused = await IncrementAsync(key, 2);

        long after = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        Assert.Equal(429, refused.Status);
        Assert.Equal("application/json", refused.MediaType);
        Assert.InRange(refused.Number("resetAtMs"), before + (2 * TokenMs) - 1, after + (2 * TokenMs) + 1);
        Assert.Equal($$"""{"allowed":false,"remaining":0,"resetAtMs":{{refused.Number("resetAtMs")}},"source":"memory"}""", refused.Body);
    }

    [Fact]
    public async Task Retry_After_and_resetAtMs_tell_the_same_time()
    {
        string key = Fresh.Key();
        await IncrementAsync(key, 10);
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        var refused = await IncrementAsync(key, 1);

        long after = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        long retryMs = 1000 * long.Parse(refused.Header("Retry-After")!);
        // The header is in whole seconds, rounded up: never too early, and less than a second late.
        Assert.InRange(before + retryMs, refused.Number("resetAtMs") - (after - before) - 1, refused.Number("resetAtMs") + 1000);
    }

    [Fact]
    public async Task A_cost_above_the_capacity_is_never_allowed_and_says_so()
    {
        string key = Fresh.Key();

        var refused = await IncrementAsync(key, 11);

        Assert.Equal(429, refused.Status);
        Assert.Equal("""{"allowed":false,"remaining":10,"resetAtMs":-1,"source":"memory"}""", refused.Body);
        Assert.Null(refused.Header("Retry-After"));
    }

    [Fact]
    public async Task A_check_that_says_no_is_200_and_names_the_time_too()
    {
        string key = Fresh.Key();
        await IncrementAsync(key, 10);

        var refused = await embedded.Http.GetAsync($"/limit/check?key={key}&tenant=slow");

        Assert.Equal(200, refused.Status);
        Assert.False(refused.Flag("allowed"));
        Assert.True(refused.Number("resetAtMs") > DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_refusal_spends_nothing()
    {
        string key = Fresh.Key();
        await IncrementAsync(key, 6);

        var refused = await IncrementAsync(key, 5);

        Assert.Equal(429, refused.Status);
        Assert.Equal(4, refused.Number("remaining"));
        Assert.Equal(4, await embedded.Http.RemainingAsync(key, "slow"));
    }

    private Task<Answer> IncrementAsync(string key, int cost) =>
        embedded.Http.PostAsync("/limit/incr", $$"""{"key":"{{key}}","cost":{{cost}},"tenant":"slow"}""");
}
