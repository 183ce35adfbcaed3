using System.Text.Json;
using System.Text.RegularExpressions;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Paths;

/// <summary>The page on HTTP names every field and status that callers can meet.</summary>
public sealed partial class DocumentationTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private static readonly string Page = Repository.Read("docs/http.md");

    [Fact]
    public async Task Every_field_is_listed()
    {
        var schemas = (await embedded.Http.GetAsync("/openapi/v1.json")).Json.GetProperty("components").GetProperty("schemas");

        foreach (string body in (string[])["TakeBody", "SeedBody", "DecisionBody", "LimitBody", "ProblemBody", "RefusalBody"])
            Assert.All(schemas.GetProperty(body).GetProperty("properties").EnumerateObject(), field => Assert.Contains($"`{field.Name}`", Page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_status_is_listed()
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        var paths = (await server.Http.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        var statuses = from path in paths.EnumerateObject()
                       from operation in path.Value.EnumerateObject()
                       from response in operation.Value.GetProperty("responses").EnumerateObject()
                       select response.Name;
        Assert.All(statuses.Distinct(), status => Assert.Contains($"\n| {status} |", Page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Its_refusal_has_the_fields_of_one_in_their_order()
    {
        string key = Fresh.Key();
        await embedded.Http.TakeAsync(key, 10, "slow");
        var refused = await embedded.Http.TakeAsync(key, 10, "slow");

        using var printed = JsonDocument.Parse(Refusal().Match(Page).Value);
        Assert.Equal(Names(refused.Json), Names(printed.RootElement));
        Assert.Equal(Names(refused.Json.GetProperty("limits")[0]), Names(printed.RootElement.GetProperty("limits")[0]));
    }

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(field => field.Name);

    [GeneratedRegex("""^\{"type":.*?\}(?=\n```)""", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Refusal();
}
