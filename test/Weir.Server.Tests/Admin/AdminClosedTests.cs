using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Admin;

public sealed class AdminClosedTests(EmbeddedServer weir) : IClassFixture<EmbeddedServer>
{
    [Theory]
    [InlineData("GET", "/admin/policies")]
    [InlineData("PUT", "/admin/policies")]
    [InlineData("GET", "/admin/tenants/acme")]
    [InlineData("POST", "/admin/block")]
    public async Task Without_an_admin_key_there_is_nothing(string method, string path)
    {
        var answer = await weir.Http.AdminAsync(new HttpMethod(method), path, method == "GET" ? null : "{}");
        var unknown = await weir.Http.AdminAsync(new HttpMethod(method), "/admin/no-such-path", method == "GET" ? null : "{}");
        answer.AssertProblem(404);
        Assert.Equal(unknown.Body, answer.Body);
    }
}
