using System.Net;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Paths;

public sealed class MethodTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/limit/check?key=k")]
    public async Task HEAD_is_answered_like_GET_without_a_body(string path)
    {
        using var answer = await SendAsync(HttpMethod.Head, path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Metrics_are_read_and_nothing_else()
    {
        using var posted = await SendAsync(HttpMethod.Post, "/metrics");
        using var read = await SendAsync(HttpMethod.Get, "/metrics");

        Assert.Equal((HttpStatusCode.MethodNotAllowed, HttpStatusCode.OK), (posted.StatusCode, read.StatusCode));
        Assert.Equal(["GET", "HEAD"], posted.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_body_with_an_encoding_is_415()
    {
        using var client = new HttpClient();
        using var content = new StringContent("""{"key":"k"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        content.Headers.ContentEncoding.Add("gzip");

        using var answer = await client.PostAsync(new Uri(embedded.Server.Address, "/v1/take"), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Contains("without Content-Encoding", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_that_is_not_UTF_8_is_400()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/limit/check?key=%FF");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_tenant_that_is_null_is_400()
    {
        var answer = await embedded.Http.PostAsync("/v1/take", """{"key":"k","tenant":null}""");

        answer.AssertProblem(400);
        Assert.Equal("tenant", answer.Text("field"));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(embedded.Server.Address, path));
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
