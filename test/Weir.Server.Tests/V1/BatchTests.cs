using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

public sealed class BatchTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private readonly HttpCalls _http = embedded.Http;

    [Fact]
    public async Task A_batch_is_decided_in_order()
    {
        string key = Fresh.Key(), other = Fresh.Key();

        var answer = await BatchAsync(Item(key, 4), Item(other, 1), Item(key, 7), Item(key, 6), Item(key, 11));

        Assert.Equal(200, answer.Status);
        var decisions = answer.Json.GetProperty("decisions").EnumerateArray().ToList();
        Assert.Equal([true, true, false, true, false], decisions.Select(decision => decision.GetProperty("allowed").GetBoolean()));
        Assert.Equal([6, 9, 6, 0, 0], decisions.Select(decision => decision.GetProperty("remaining").GetInt64()));
        Assert.False(decisions[4].TryGetProperty("retryAfterMs", out _));
    }

    [Fact]
    public async Task A_decision_of_a_batch_has_the_fields_of_a_decision()
    {
        var answer = await BatchAsync(Item(Fresh.Key(), 1));

        Assert.Equal(
            """
            {"decisions":[{"allowed":true,"tenant":"slow","plan":"slow","limit":"per-key","remaining":9,"capacity":10,"retryAfterMs":0,"resetAfterMs":360000,
            "source":"memory","degraded":false,
            "limits":[{"name":"per-key","allowed":true,"remaining":9,"capacity":10,"retryAfterMs":0,"resetAfterMs":360000,"mode":"enforce"}]}]}
            """.ReplaceLineEndings(""),
            answer.Body);
    }

    [Fact]
    public async Task L10_A_thousand_requests_are_a_batch()
    {
        string key = Fresh.Key();

        var answer = await BatchAsync(Enumerable.Repeat(Item(key, 1), 1000));

        var allowed = answer.Json.GetProperty("decisions").EnumerateArray().Select(decision => decision.GetProperty("allowed").GetBoolean()).ToList();
        Assert.Equal(1000, allowed.Count);
        Assert.Equal(10, allowed.Count(yes => yes));
        Assert.All(allowed.Take(10), Assert.True);
    }

    [Fact]
    public async Task L10_A_thousand_and_one_requests_are_a_mistake_that_spends_nothing()
    {
        string key = Fresh.Key();

        var refused = await BatchAsync(Enumerable.Repeat(Item(key, 1), 1001));

        refused.AssertProblem(400);
        Assert.Equal("requests", refused.Text("field"));
        Assert.Equal("requests must be an array of 1 to 1000 requests; it held 1001", refused.Text("detail"));
        Assert.Equal(10, await _http.RemainingAsync(key, "slow"));
    }

    [Theory]
    [InlineData("""{"key":""}""", "requests[1].key", "requests[1]: key is missing or empty")]
    [InlineData("""{}""", "requests[1].key", "requests[1]: key is missing or empty")]
    [InlineData("""{"key":"k","cost":0}""", "requests[1].cost", "requests[1]: cost must be a whole number from 1")]
    [InlineData("""{"key":"k","cost":"1"}""", "requests[1].cost", "requests[1].cost must be given once, as a whole number")]
    [InlineData("""{"key":"k","tenant":"other"}""", "requests[1].tenant", "requests[1]: tenant and the header")]
    [InlineData("""{"key":"k","keys":1}""", "requests[1].keys", "requests[1].keys is not a field of this request")]
    [InlineData("""null""", "requests[1]", "requests[1] is null")]
    [InlineData("""7""", "requests[1]", "requests[1] must be given once, as an object")]
    public async Task One_bad_request_is_named_by_its_place_and_spends_nothing_of_the_others(string bad, string field, string detail)
    {
        string key = Fresh.Key();

        var refused = await BatchAsync(Item(key, 1), bad, Item(key, 1));

        refused.AssertProblem(400);
        Assert.Equal(field, refused.Text("field"));
        Assert.StartsWith(detail, refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(10, await _http.RemainingAsync(key, "slow"));
    }

    [Theory]
    [InlineData("""{"requests":[]}""", "requests")]
    [InlineData("""{"requests":null}""", "requests")]
    [InlineData("""{}""", "requests")]
    [InlineData("""{"requests":{}}""", "requests")]
    [InlineData("""{"requests":[],"requests":[]}""", "requests")]
    [InlineData("""{"request":[]}""", "request")]
    [InlineData("""[]""", "body")]
    public async Task A_batch_without_requests_is_a_mistake(string body, string field)
    {
        var refused = await _http.PostAsync("/v1/batch", body);

        refused.AssertProblem(400);
        Assert.Equal(field, refused.Text("field"));
    }

    private static string Item(string key, int cost) => $$"""{"key":"{{key}}","cost":{{cost}}}""";

    private Task<Answer> BatchAsync(params IEnumerable<string> items) =>
        _http.PostAsync("/v1/batch", $$"""{"requests":[{{string.Join(',', items)}}]}""", "slow");
}
