using System.Text.RegularExpressions;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

public sealed partial class TakeTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private readonly HttpCalls _http = embedded.Http;

    [Fact]
    public async Task An_allowed_take_has_the_fields_of_a_decision_in_their_order()
    {
        var taken = await _http.TakeAsync(Fresh.Key(), 3, "slow");

        Assert.Equal(200, taken.Status);
        Assert.Equal("application/json", taken.MediaType);
        Assert.Equal(
            """
            {"allowed":true,"tenant":"slow","plan":"slow","limit":"per-key","remaining":7,"capacity":10,"retryAfterMs":0,"resetAfterMs":1080000,
            "source":"memory","degraded":false,
            "limits":[{"name":"per-key","allowed":true,"remaining":7,"capacity":10,"retryAfterMs":0,"resetAfterMs":1080000,"mode":"enforce"}]}
            """.ReplaceLineEndings(""),
            taken.Body);
    }

    [Fact]
    public async Task A_refused_take_is_a_problem_beside_the_fields_of_the_decision()
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 8, "slow");

        var refused = await _http.TakeAsync(key, 3, "slow");

        refused.AssertProblem(429);
        Assert.InRange(refused.Number("retryAfterMs"), 300_000, 360_000);
        Assert.InRange(refused.Number("resetAfterMs"), 2_800_000, 2_880_000);
        Assert.Equal(
            """
            {"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota exceeded","status":429,
            "detail":"the limit per-key of plan slow has 2 tokens left; try again in N ms","violated-policies":["per-key"],
            "allowed":false,"tenant":"slow","plan":"slow","limit":"per-key","remaining":2,"capacity":10,"retryAfterMs":N,"resetAfterMs":N,
            "source":"memory","degraded":false,
            "limits":[{"name":"per-key","allowed":false,"remaining":2,"capacity":10,"retryAfterMs":N,"resetAfterMs":N,"mode":"enforce"}]}
            """.ReplaceLineEndings(""),
            Milliseconds().Replace(refused.Body, "N"));
    }

    [Fact]
    public async Task A_refusal_rounds_Retry_After_up_to_whole_seconds()
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 10, "odd");

        var refused = await _http.TakeAsync(key, 10, "odd");

        Assert.Equal(429, refused.Status);
        Assert.Equal((refused.Number("retryAfterMs") + 999) / 1000, long.Parse(refused.Header("Retry-After")!));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(2147483648)]
    public async Task A_cost_that_never_fits_has_no_time_to_retry_at(long cost)
    {
        string key = Fresh.Key();

        var refused = await _http.TakeAsync(key, cost, "slow");

        refused.AssertProblem(429);
        Assert.False(refused.Json.TryGetProperty("retryAfterMs", out _));
        Assert.False(refused.Json.GetProperty("limits")[0].TryGetProperty("retryAfterMs", out _));
        Assert.Equal("the cost is above the capacity of 10 of the limit per-key: it can never be allowed, so send a lower cost", refused.Text("detail"));
        Assert.Null(refused.Header("Retry-After"));
        Assert.Equal(10, await _http.RemainingAsync(key, "slow"));
    }

    [Fact]
    public async Task L1_A_crowd_that_takes_at_once_gets_what_the_bucket_holds_and_no_more()
    {
        string key = Fresh.Key();

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => _http.TakeAsync(key, 1, "slow")));

        Assert.Equal(10, answers.Count(answer => answer.Status == 200));
        Assert.Equal(50, answers.Count(answer => answer.Status == 429));
        Assert.Equal([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], answers.Where(answer => answer.Status == 200).Select(answer => answer.Number("remaining")).OrderDescending());
    }

    [Fact]
    public async Task Every_plan_decides_with_its_own_numbers()
    {
        var taken = await _http.TakeAsync(Fresh.Key(), 1, "acme");

        Assert.Equal("pro", taken.Text("plan"));
        Assert.Equal(100, taken.Number("capacity"));
        Assert.Equal(20, taken.Number("resetAfterMs"));
    }

    [Fact]
    public async Task Attributes_that_no_limit_asks_for_change_nothing()
    {
        var taken = await _http.PostAsync("/v1/take", $$$"""{"key":"{{{Fresh.Key()}}}","attributes":{"region":"eu","route":"/search"}}""", "slow");

        Assert.Equal(9, taken.Number("remaining"));
    }

    [GeneratedRegex("""(?<=in )\d+(?= ms)|(?<=AfterMs":)\d+""")]
    private static partial Regex Milliseconds();
}
