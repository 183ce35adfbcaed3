using System.Text;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

public sealed class MediaTypeTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    public static TheoryData<string> Paths => ["/limit/incr", "/v1/take", "/v1/check", "/v1/batch"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Anything_but_JSON_is_415_and_spends_nothing(string path)
    {
        string key = Fresh.Key();
        byte[] body = Encoding.UTF8.GetBytes(path == "/v1/batch" ? $$"""{"requests":[{"key":"{{key}}"}]}""" : $$"""{"key":"{{key}}"}""");
        foreach (string? type in (string?[])[null, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense", "application/json; charset=utf-16"])
        {
            var refused = await embedded.Http.PostAsync(path, body, type, "slow");
            refused.AssertProblem(415);
            Assert.Equal("Content-Type", refused.Text("field"));
            Assert.Equal("send JSON in UTF-8, with the header Content-Type: application/json", refused.Text("detail"));
        }

        Assert.Equal(10, await embedded.Http.RemainingAsync(key, "slow"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("application/vnd.api+json")]
    public async Task JSON_in_UTF_8_is_read_however_it_is_called(string type)
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"key":"{{Fresh.Key()}}"}""");

        Assert.Equal(200, (await embedded.Http.PostAsync("/v1/take", body, type)).Status);
    }
}
