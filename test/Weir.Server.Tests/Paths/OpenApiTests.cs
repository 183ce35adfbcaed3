using System.Text.Json;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Paths;

public sealed class OpenApiTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    [Fact]
    public async Task The_document_lists_every_path_with_its_method_under_its_tag()
    {
        var document = await ReadAsync();

        var operations = from path in document.GetProperty("paths").EnumerateObject()
                         from operation in path.Value.EnumerateObject()
                         select $"{operation.Name} {path.Name} {operation.Value.GetProperty("tags")[0].GetString()}";
        Assert.Equal("Weir", document.GetProperty("info").GetProperty("title").GetString());
        Assert.Equal(
            [
                "delete /v1/reservations/{id} Reservations", "get /limit/check Decisions", "get /livez Health", "get /readyz Health", "get /schemas/policies.json Descriptions", "get /v1/authorize Decisions",
                "post /limit/incr Decisions",
                "post /v1/batch Decisions", "post /v1/charge Decisions", "post /v1/check Decisions", "post /v1/refund Decisions", "post /v1/reservations Reservations",
                "post /v1/reservations/{id}/commit Reservations", "post /v1/take Decisions",
            ],
            operations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_has_a_name_of_its_own_its_path_parameters_and_its_body()
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        var document = (await server.Http.GetAsync("/openapi/v1.json")).Json;
        Assert.Equal(ProductVersion.Text, document.GetProperty("info").GetProperty("version").GetString());
        var operations = (from path in document.GetProperty("paths").EnumerateObject() from operation in path.Value.EnumerateObject() select (Path: path.Name, Method: operation.Name, operation.Value)).ToList();
        Assert.Equal(operations.Count, operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.All(operations.Where(operation => operation.Path.Contains("{id}", StringComparison.Ordinal)), operation => Assert.Contains("path id", ParametersOf(operation.Value)));
        Assert.Equal(
            ["/admin/candidate:promote"],
            operations.Where(operation => operation.Method is "post" or "put" && !operation.Value.TryGetProperty("requestBody", out _)).Select(operation => operation.Path));
    }

    [Fact]
    public async Task The_bodies_have_the_fields_that_are_read_and_written()
    {
        var document = await ReadAsync();

        Assert.Equal(["key", "cost", "costs", "tenant", "attributes"], FieldsOf(document, "TakeBody"));
        Assert.Equal(
            ["allowed", "tenant", "plan", "limit", "remaining", "capacity", "retryAfterMs", "resetAfterMs", "source", "degraded", "skipped", "limits", "outcome", "reason", "unknownUnits"],
            FieldsOf(document, "DecisionBody"));
        Assert.Equal(["allowed", "remaining", "resetAtMs", "source"], FieldsOf(document, "SeedBody"));
        Assert.Contains("violated-policies", FieldsOf(document, "RefusalBody"));
    }

    [Fact]
    public async Task What_may_be_left_out_is_not_required_and_numbers_are_numbers()
    {
        var schemas = (await ReadAsync()).GetProperty("components").GetProperty("schemas");

        Assert.Equal(["key"], RequiredOf(schemas, "TakeBody"));
        Assert.Equal(["requests"], RequiredOf(schemas, "BatchBody"));
        Assert.Equal(
            ["allowed", "tenant", "plan", "remaining", "capacity", "resetAfterMs", "source", "degraded", "limits"],
            RequiredOf(schemas, "DecisionBody"));
        Assert.Equal("integer", schemas.GetProperty("TakeBody").GetProperty("properties").GetProperty("cost").GetProperty("type").GetString());
        Assert.Equal("string", schemas.GetProperty("TakeBody").GetProperty("properties").GetProperty("key").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Every_answer_that_a_body_can_get_is_listed()
    {
        var paths = (await ReadAsync()).GetProperty("paths");

        var statuses = paths.GetProperty("/v1/take").GetProperty("post").GetProperty("responses").EnumerateObject().Select(response => response.Name);
        Assert.Equal(["200", "400", "401", "404", "413", "415", "429", "503"], statuses.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/limit/incr")]
    [InlineData("/v1/take")]
    [InlineData("/v1/charge")]
    [InlineData("/v1/refund")]
    [InlineData("/v1/reservations")]
    public async Task A_path_that_stores_answers_lists_the_problem_of_a_lack_of_room(string path)
    {
        var operation = (await ReadAsync()).GetProperty("paths").GetProperty(path).GetProperty("post");
        var contents = operation.GetProperty("responses").GetProperty("429").GetProperty("content");
        var problem = contents.GetProperty("application/problem+json");
        Assert.Equal("#/components/schemas/RefusalBody", problem.GetProperty("schema").GetProperty("$ref").GetString());
    }

    [Fact]
    public async Task Which_paths_want_a_key_is_said_and_where_it_may_be_left_out()
    {
        await using var closed = await RunningServer.StartAsync(KeyCalls.Closed);
        var document = (await closed.Http.GetAsync("/openapi/v1.json")).Json;
        var scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("key");
        Assert.Equal(("http", "bearer"), (scheme.GetProperty("type").GetString(), scheme.GetProperty("scheme").GetString()));
        Assert.Equal("""[{"key":[]}]""", SecurityOf(document, "/v1/take", "post"));
        Assert.Equal("""[{"key":[]}]""", SecurityOf(document, "/admin/keys", "get"));
        Assert.Equal("[]", SecurityOf(document, "/livez", "get"));

        var open = await ReadAsync();
        Assert.Equal("""[{"key":[]},{}]""", SecurityOf(open, "/v1/take", "post"));
        Assert.Equal("[]", SecurityOf(open, "/readyz", "get"));
    }

    private static string? SecurityOf(JsonElement document, string path, string method) =>
        document.GetProperty("paths").GetProperty(path).GetProperty(method).TryGetProperty("security", out var security)
            ? string.Concat(security.GetRawText().Where(character => !char.IsWhiteSpace(character)))
            : null;

    [Fact]
    public async Task The_parameters_that_are_read_by_hand_are_documented()
    {
        var paths = (await ReadAsync()).GetProperty("paths");

        Assert.Equal(["query key", "query tenant", "query cost", "query attributes", "header X-Tenant-Id"], ParametersOf(paths.GetProperty("/limit/check").GetProperty("get")));
        Assert.Equal(
            ["header X-Forwarded-Uri", "header X-Forwarded-Method", "header X-Forwarded-Host", "header X-Forwarded-For"],
            ParametersOf(paths.GetProperty("/v1/authorize").GetProperty("get")));
        foreach (string path in (string[])["/v1/check", "/v1/batch"])
            Assert.Equal(["header X-Tenant-Id"], ParametersOf(paths.GetProperty(path).GetProperty("post")));
        foreach (string path in (string[])["/limit/incr", "/v1/take", "/v1/charge", "/v1/refund", "/v1/reservations"])
            Assert.Equal(["header Idempotency-Key", "header X-Tenant-Id"], ParametersOf(paths.GetProperty(path).GetProperty("post")));
    }

    [Fact]
    public async Task The_parameters_of_the_admin_paths_are_documented_and_are_taken()
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        var paths = (await server.Http.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");

        Assert.Equal(
            [
                "get /admin/audit: before limit", "get /admin/block: after limit", "delete /admin/block: key tenant", "get /admin/buckets: key tenant attributes",
                "delete /admin/buckets: key tenant attributes", "get /admin/explain: key tenant cost attributes", "get /admin/keys: after limit",
                "get /admin/tenants: after limit", "get /admin/tenants/{id}/keys: after limit", "get /admin/top: tenant which unit after limit",
            ],
            from path in paths.EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where path.Name.StartsWith("/admin", StringComparison.Ordinal) && operation.Value.TryGetProperty("parameters", out _)
            let names = ParametersOf(operation.Value).Where(parameter => parameter.StartsWith("query ", StringComparison.Ordinal)).Select(parameter => parameter["query ".Length..])
            where names.Any()
            orderby path.Name
            select $"{operation.Name} {path.Name}: {string.Join(' ', names)}");
        foreach (string query in (string[])
            [
                "audit?before=7&limit=1000", "buckets?key=k&tenant=acme&attributes.route=/a", "explain?key=k&tenant=acme&cost=0&attributes.route=/a", "keys?after=k&limit=1",
                "tenants?after=acme&limit=1", "block?after=acme/k&limit=1", "top?tenant=acme&which=denied&after=7/k&limit=1000",
            ])
            Assert.Equal(200, (await server.Http.AdminAsync(HttpMethod.Get, "/admin/" + query)).Status);
    }

    private static IEnumerable<string> FieldsOf(JsonElement document, string schema) =>
        document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").EnumerateObject().Select(field => field.Name);

    private static IEnumerable<string?> RequiredOf(JsonElement schemas, string schema) =>
        schemas.GetProperty(schema).GetProperty("required").EnumerateArray().Select(field => field.GetString());

    private static IEnumerable<string> ParametersOf(JsonElement operation) =>
        operation.GetProperty("parameters").EnumerateArray().Select(parameter => $"{parameter.GetProperty("in")} {parameter.GetProperty("name")}");

    private async Task<JsonElement> ReadAsync()
    {
        var answer = await embedded.Http.GetAsync("/openapi/v1.json");
        Assert.Equal((200, "application/json"), (answer.Status, answer.MediaType));
        return answer.Json;
    }
}
