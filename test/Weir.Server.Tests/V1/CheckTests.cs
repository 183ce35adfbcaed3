using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

public sealed class CheckTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private readonly HttpCalls _http = embedded.Http;

    [Fact]
    public async Task A_check_has_the_fields_of_the_decision_that_a_take_would_get_and_spends_nothing()
    {
        string key = Fresh.Key();
        for (int i = 0; i < 12; i++)
        {
            var answer = await CheckAsync(key, 1);
            Assert.Equal(200, answer.Status);
            Assert.Equal(
                """
                {"allowed":true,"tenant":"slow","plan":"slow","limit":"per-key","remaining":9,"capacity":10,"retryAfterMs":0,"resetAfterMs":360000,
                "source":"memory","degraded":false,
                "limits":[{"name":"per-key","allowed":true,"remaining":9,"capacity":10,"retryAfterMs":0,"resetAfterMs":360000,"mode":"enforce"}]}
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
