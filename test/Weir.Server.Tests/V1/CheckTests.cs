using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

public sealed class CheckTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private readonly HttpCalls _http = embedded.Http;

    [Fact]
    public async Task A_check_has_the_fields_of_a_decision_and_spends_nothing()
    {
        string key = Fresh.Key();
        for (int i = 0; i < 12; i++)
        {
            var answer = await CheckAsync(key, 1);
            Assert.Equal(200, answer.Status);
            Assert.Equal(
                """
                {"allowed":true,"tenant":"slow","plan":"slow","limit":"per-key","remaining":10,"capacity":10,"retryAfterMs":0,"resetAfterMs":0,
                "source":"memory","degraded":false,
                "limits":[{"name":"per-key","allowed":true,"remaining":10,"capacity":10,"retryAfterMs":0,"resetAfterMs":0,"mode":"enforce"}]}
                """.ReplaceLineEndings(""),
                answer.Body);
        }
    }

    [Fact]
    public async Task A_check_that_says_no_is_200_and_says_when()
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 10, "slow");

        var answer = await CheckAsync(key, 1);

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.MediaType);
        Assert.False(answer.Flag("allowed"));
        Assert.InRange(answer.Number("retryAfterMs"), 300_000, 360_000);
        Assert.Equal("360", answer.Header("Retry-After"));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(9, true)]
    [InlineData(10, false)]
    public async Task A_check_after_one_take_of_ten_says_nine_whatever_it_would_cost(long cost, bool allowed)
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 1, "slow");

        var decision = await CheckAsync(key, cost);
        var seed = await _http.GetAsync($"/limit/check?key={key}&tenant=slow&cost={cost}");

        Assert.Equal((allowed, 9L), (decision.Flag("allowed"), decision.Number("remaining")));
        Assert.Equal((allowed, 9L), (seed.Flag("allowed"), seed.Number("remaining")));
        Assert.StartsWith("\"per-key\";r=9;t=", decision.Header("RateLimit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_check_of_nothing_asks_how_the_bucket_stands()
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 10, "slow");

        var answer = await CheckAsync(key, 0);

        Assert.True(answer.Flag("allowed"));
        Assert.Equal(0, answer.Number("remaining"));
    }

    private Task<Answer> CheckAsync(string key, long cost) => _http.PostAsync("/v1/check", $$"""{"key":"{{key}}","cost":{{cost}}}""", "slow");
}
