using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Paths;

public sealed class UnknownPathTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/takes")]
    [InlineData("/limit")]
    [InlineData("/favicon.ico")]
    [InlineData("/v1/take/more")]
    [InlineData("/admin/policies")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/..%2f..%2fetc%2fpasswd")]
    public async Task What_does_not_exist_is_404_and_says_where_to_look(string path)
    {
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post, HttpMethod.Delete])
        {
            var answer = await embedded.Http.SendAsync(method, path, null);
            answer.AssertProblem(404);
            Assert.Equal("there is nothing here; /openapi/v1.json lists what there is", answer.Text("detail"));
        }
    }

    [Theory]
    [InlineData("/limit/check", "POST", "GET, HEAD")]
    [InlineData("/limit/incr", "GET", "POST")]
    [InlineData("/v1/take", "GET", "POST")]
    [InlineData("/v1/take/", "PUT", "POST")]
    [InlineData("/v1/check", "DELETE", "POST")]
    [InlineData("/v1/batch", "PATCH", "POST")]
    [InlineData("/livez", "POST", "GET, HEAD")]
    [InlineData("/readyz", "DELETE", "GET, HEAD")]
    [InlineData("/openapi/v1.json", "POST", "GET, HEAD")]
    public async Task Another_method_is_405_and_names_the_right_one(string path, string method, string allowed)
    {
        var answer = await embedded.Http.SendAsync(new HttpMethod(method), path, null);

        answer.AssertProblem(405);
        Assert.Equal(allowed, answer.Header("Allow"));
        Assert.Equal($"this path answers to {allowed}", answer.Text("detail"));
    }

    [Fact]
    public async Task No_answer_names_the_server() => Assert.Null((await embedded.Http.GetAsync("/livez")).Header("Server"));
}
