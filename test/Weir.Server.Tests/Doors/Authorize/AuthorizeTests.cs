using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>The answers of <c>/v1/authorize</c>.</summary>
public sealed class AuthorizeTests
{
    private const string User = "Weir:Authorize:Key=header:X-User";

    private const string Slow = "Weir:Authorize:Tenant=const:slow";

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("POST")]
    [InlineData("PURGE")]
    public async Task Any_method_takes_and_an_allowed_request_has_an_empty_answer(string method)
    {
        await using var own = await ServerInMemory.StartAsync(User, Slow);
        string user = Fresh.Key();

        var answer = await AskAsync(own, method, user);

        Assert.Equal((200, ""), (answer.Status, answer.Body));
        Assert.Equal("\"per-key\";r=9;t=360", answer.Header("RateLimit"));
        Assert.Equal("\"per-key\";q=10;w=3600", answer.Header("RateLimit-Policy"));
        Assert.Equal(9, await own.Server.Http.RemainingAsync(user, "slow"));
    }

    [Fact]
    public async Task A_refusal_is_a_problem_with_all_headers()
    {
        await using var own = await ServerInMemory.StartAsync(User, Slow);
        string user = Fresh.Key();
        await own.Server.Http.TakeAsync(user, 10, "slow");

        var refused = await AskAsync(own, "GET", user);

        refused.AssertProblem(429);
        Assert.Equal("[\"per-key\"]", refused.Json.GetProperty("violated-policies").GetRawText());
        Assert.Matches("^\"per-key\";r=0;t=3[56]", refused.Header("RateLimit"));
        Assert.InRange(int.Parse(refused.Header("Retry-After")!), 1, 360);
        Assert.Null(refused.Header("X-Weir-Status"));
    }

    [Fact]
    public async Task Another_status_may_stand_for_a_refusal_and_the_true_status_is_in_a_header()
    {
        await using var own = await ServerInMemory.StartAsync(User, Slow, "Weir:Authorize:RefusedStatus=403");
        string user = Fresh.Key();
        Assert.Null((await AskAsync(own, "GET", user)).Header("X-Weir-Status"));
        await own.Server.Http.TakeAsync(user, 9, "slow");

        var refused = await AskAsync(own, "GET", user);
        refused.AssertProblem(403);
        Assert.Equal("429", refused.Header("X-Weir-Status"));
        Assert.NotNull(refused.Header("Retry-After"));

        var withoutKey = await AskAsync(own, "GET", null);
        withoutKey.AssertProblem(403);
        Assert.Equal("400", withoutKey.Header("X-Weir-Status"));

        var withQuery = await own.Server.Http.GetAsync("/v1/authorize?key=a");
        withQuery.AssertProblem(403);
        Assert.Equal("400", withQuery.Header("X-Weir-Status"));
    }

    [Fact]
    public async Task A_request_without_a_key_is_a_clear_error()
    {
        await using var own = await ServerInMemory.StartAsync(User);

        var answer = await AskAsync(own, "GET", null);

        answer.AssertProblem(400);
        Assert.Equal("key", answer.Text("field"));
        Assert.Contains("none of the sources header:X-User is in it; ", answer.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_is_not_read()
    {
        await using var own = await ServerInMemory.StartAsync();
        using var connection = await RawConnection.OpenAsync(own.Server.Address);

        // The body is announced and never comes.
        await connection.SendAsync("POST /v1/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", await connection.ReadAnswerAsync());
    }

    [Fact]
    public async Task Attributes_choose_the_limits()
    {
        const string Policies = """
            defaultPlan: a
            plans:
              a:
                limits:
                  per-key: { rate: 100/h, burst: 1x }
                  search: { when: { route: ["/search*"], method: [GET] }, rate: 1/h, burst: 1 }
            """;
        using var policies = new PolicyFile(Policies);
        await using var server = await RunningServer.StartAsync(policies.Setting, "Weir:Authorize:Key=const:k",
            "Weir:Authorize:Attributes:route=path", "Weir:Authorize:Attributes:method=method");

        Assert.Equal(200, (await SendAsync(server, "/search?q=1", "GET")).Status);
        Assert.Equal(429, (await SendAsync(server, "/%73earch", "GET")).Status);
        Assert.Equal(429, (await SendAsync(server, $"/search/{new string('a', 300)}", "GET")).Status);
        Assert.Equal(200, (await SendAsync(server, "/search", "POST")).Status);
        Assert.Equal(200, (await SendAsync(server, "/other", "GET")).Status);
    }

    [Fact]
    public async Task A_key_is_needed_as_for_a_take_and_gives_the_tenant()
    {
        await using var own = await ServerInMemory.StartAsync(
            [.. KeyCalls.Closed, User, "Weir:Authorize:Tenant=header:X-Tenant"]);
        var (_, secret) = await own.Server.Http.CreateKeyAsync("\"scope\":\"take\",\"tenant\":\"slow\"");
        string user = Fresh.Key();

        var key = ("Authorization", $"Bearer {secret}");
        (await AskAsync(own, "GET", user)).AssertProblem(401);
        (await AskAsync(own, "GET", user, ("Authorization", "Bearer wrong"))).AssertProblem(401);
        (await AskAsync(own, "GET", user, key, ("X-Tenant", "acme"))).AssertProblem(404);
        var allowed = await AskAsync(own, "GET", user, key);
        Assert.Equal((200, "\"per-key\";q=10;w=3600"), (allowed.Status, allowed.Header("RateLimit-Policy")));
    }

    [Fact]
    public async Task A_query_is_a_mistake_where_no_original_URI_is()
    {
        await using var own = await ServerInMemory.StartAsync();
        var http = own.Server.Http;

        var refused = await http.GetAsync("/v1/authorize?key=a");
        refused.AssertProblem(400);
        Assert.Equal("key", refused.Text("field"));
        Assert.Equal(200, (await SendAsync(own.Server, "/", "GET", "?key=a")).Status);
        Assert.Equal(200, (await http.GetAsync("/v1/authorize/?key=a")).Status);
        Assert.Equal(200, (await http.GetAsync("/v1/authorize/search/a%2Fb?key=a&key=b&%FF")).Status);
    }

    [Theory]
    [InlineData("/v1/authorize/../../livez", 400)]
    [InlineData("/v1/authorize/%2e%2e/%2E./livez", 400)]
    [InlineData("/V1/Authorize/../../", 400)]
    [InlineData("/v1/authorize/../../limit/check?key=a", 400)]
    [InlineData("/v1/authorize/../../none", 400)]
    [InlineData("/v1/authorize/..%2f..%2flivez", 200)]
    [InlineData("/v1/authorize/../authorize/livez", 200)]
    [InlineData("/v1/authorized/../../livez", 200)]
    public async Task A_path_does_not_lead_out_of_the_door(string target, int status)
    {
        await using var own = await ServerInMemory.StartAsync();
        using var connection = await RawConnection.OpenAsync(own.Server.Address);

        await connection.SendAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_are_counted_by_tenant_and_plan_as_those_of_other_doors()
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting, Slow);

        await server.Http.GetAsync("/v1/authorize");

        var metrics = await Metrics.ReadAsync(server.Http);
        Assert.Contains(metrics.Of("weir_decisions"), series => series.Contains("slow", StringComparison.Ordinal));
    }

    private static Task<Answer> SendAsync(RunningServer server, string uri, string method, string query = "") =>
        server.Http.SendAsync(HttpMethod.Get, AuthorizeEndpoint.Path + query, null, "",
        new Dictionary<string, string?> { ["X-Forwarded-Uri"] = uri, ["X-Forwarded-Method"] = method });

    private static Task<Answer> AskAsync(
        ServerInMemory own, string method, string? user, params (string Name, string Value)[] more)
    {
        var headers = more.ToDictionary(header => header.Name, header => (string?)header.Value);
        headers["X-User"] = user;
        return own.Server.Http.SendAsync(new HttpMethod(method), AuthorizeEndpoint.Path, null, "", headers);
    }
}
