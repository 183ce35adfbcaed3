using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Paths;

public sealed class SchemaTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private const string Path = "/schemas/policies.json";

    [Fact]
    public async Task The_schema_of_the_policies_is_there_for_everybody()
    {
        var answer = await embedded.Http.GetAsync(Path);

        Assert.Equal((200, "application/schema+json"), (answer.Status, answer.MediaType));
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", answer.Text("$schema"));
        Assert.Equal(PolicySchema.Text, answer.Body);
        Assert.Equal("public, max-age=3600", answer.Header("Cache-Control"));
    }

    [Fact]
    public async Task Whoever_has_it_already_is_told_so()
    {
        string tag = (await embedded.Http.GetAsync(Path)).Header("ETag")!;

        foreach (string known in new[] { tag, $"W/{tag}", $"\"other\", {tag}", "*" })
        {
            var again = await AskAsync(known);
            Assert.Equal((304, "", tag), (again.Status, again.Body, again.Header("ETag")));
        }

        Assert.Equal(200, (await AskAsync("\"other\"")).Status);
        Assert.Equal(200, (await AskAsync("nonsense")).Status);
    }

    [Fact]
    public async Task HEAD_is_answered_like_GET_without_a_body()
    {
        var answer = await embedded.Http.SendAsync(HttpMethod.Head, Path, null);

        Assert.Equal((200, "application/schema+json", ""), (answer.Status, answer.MediaType, answer.Body));
    }

    private Task<Answer> AskAsync(string known) =>
        embedded.Http.SendAsync(HttpMethod.Get, Path, null, "", new Dictionary<string, string?> { ["If-None-Match"] = known });
}
