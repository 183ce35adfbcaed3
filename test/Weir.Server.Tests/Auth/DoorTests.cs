using Microsoft.AspNetCore.Routing;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Auth;

/// <summary>What is open, what is closed, and what does not start at all.</summary>
public sealed class DoorTests
{
    private const string Everywhere = "urls=http://+:0";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private static readonly string[] TakeKey = ["Weir:Auth:Keys:0:Name=ci", $"Weir:Auth:Keys:0:Key={Secret}", "Weir:Auth:Keys:0:Scope=take"];

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("weir_0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_closed_server_lets_in_nobody_without_a_right_key(string? key)
    {
        await using var server = await RunningServer.StartAsync(KeyCalls.Closed);
        foreach (var (method, path, body) in Paths)
        {
            var answer = await server.Http.CallAsync(key, method, path, body);
            Assert.True(answer.Status is 401 or 429, $"{method} {path}: {answer.Status}");
            answer.AssertProblem(answer.Status);
            if (answer.Status == 401)
                Assert.Equal(("Bearer", "Authorization"), (answer.Header("WWW-Authenticate"), answer.Text("field")));
        }
    }

    private static readonly (HttpMethod Method, string Path, string? Body)[] Paths =
    [
        (HttpMethod.Get, "/limit/check?key=k", null), (HttpMethod.Post, "/limit/incr", """{"key":"k"}"""), (HttpMethod.Post, "/v1/take", """{"key":"k"}"""),
        (HttpMethod.Post, "/v1/check", """{"key":"k"}"""), (HttpMethod.Post, "/v1/refund", """{"key":"k"}"""), (HttpMethod.Post, "/v1/batch", """{"requests":[{"key":"k"}]}"""),
        (HttpMethod.Get, "/v1/authorize", null), (HttpMethod.Get, "/v1/authorize/x", null),
        (HttpMethod.Post, "/v1/reservations", """{"key":"k"}"""), (HttpMethod.Post, "/v1/reservations/x/commit", """{"cost":1}"""), (HttpMethod.Delete, "/v1/reservations/x", null),
        (HttpMethod.Get, "/admin/policies", null), (HttpMethod.Get, "/admin/keys", null),
    ];

    [Fact]
    public async Task Every_endpoint_asks_for_a_key_but_those_that_are_meant_to_be_open()
    {
        await using var server = await RunningServer.StartAsync(KeyCalls.Closed);
        var open = server.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.Metadata.GetMetadata<Access>()?.Scope is null).Select(endpoint => endpoint.RoutePattern.RawText).Distinct();
        Assert.Equal(["/", "/livez", "/metrics", "/openapi/v1.json", "/readyz", "/schemas/policies.json", "{**path}"], open.Order(StringComparer.Ordinal));
        Assert.All(
            server.Endpoints.OfType<RouteEndpoint>().Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/admin", StringComparison.Ordinal)),
            endpoint => Assert.Equal(KeyScope.Admin, endpoint.Metadata.GetMetadata<Access>()!.Scope));
    }

    [Fact]
    public async Task Health_metrics_and_the_description_are_open_also_to_a_wrong_key()
    {
        await using var server = await RunningServer.StartAsync(KeyCalls.Closed);
        foreach (string path in new[] { "/livez", "/readyz", "/metrics", "/openapi/v1.json" })
        {
            Assert.Equal(200, (await server.Http.CallAsync(null, HttpMethod.Get, path)).Status);
            Assert.Equal(200, (await server.Http.CallAsync("wrong", HttpMethod.Get, path)).Status);
        }

        (await server.Http.CallAsync(null, HttpMethod.Get, "/v1/nothing")).AssertProblem(404);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("Bearer")]
    [InlineData("Basic YWRtaW46YWRtaW4=")]
    [InlineData("0123456789abcdef0123")]
    [InlineData("Bearer wrong")]
    public async Task To_an_open_server_a_key_that_is_none_is_a_mistake(string header)
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        Assert.Equal(200, (await server.Http.TakeWithAsync(null, "k")).Status);
        var answer = await server.Http.SendAsync(HttpMethod.Post, "/v1/take", """{"key":"k"}""", "application/json", new() { ["Authorization"] = header });
        answer.AssertProblem(401);
    }

    [Fact]
    public async Task L9_to_an_open_server_a_key_that_is_sent_still_binds()
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        var (_, secret) = await server.Http.CreateKeyAsync("\"scope\":\"take\",\"tenant\":\"acme\"");
        Assert.Equal("acme", (await server.Http.TakeWithAsync(secret, "k")).Text("tenant"));
        (await server.Http.TakeWithAsync(secret, "k", "globex")).AssertProblem(404);
        Assert.Equal(200, (await server.Http.TakeWithAsync(null, "k", "globex")).Status);
    }

    [Fact]
    public async Task A_key_of_the_configuration_closes_the_door_opens_it_and_is_revoked_there_only()
    {
        await using var server = await RunningServer.StartAsync([.. TakeKey, "Weir:Auth:Keys:0:Tenant=acme", AdminCalls.Setting]);
        (await server.Http.TakeWithAsync(null, "k")).AssertProblem(401);
        Assert.Equal("acme", (await server.Http.TakeWithAsync(Secret, "k")).Text("tenant"));
        (await server.Http.CallAsync(Secret, HttpMethod.Get, "/admin/keys")).AssertProblem(403);
        var listed = await server.Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/admin/keys");
        Assert.Equal("""{"keys":[{"id":"config:ci","name":"ci","scope":"take","tenant":"acme","expired":false,"from":"configuration"}]}""", listed.Body);
        (await server.Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, "/admin/keys/config:ci")).AssertProblem(409);
        Assert.Equal(200, (await server.Http.TakeWithAsync(Secret, "k")).Status);
    }

    [Fact]
    public async Task An_admin_key_of_the_configuration_opens_admin_under_its_own_name_and_without_one_there_is_none()
    {
        await using var without = await RunningServer.StartAsync(TakeKey);
        var answer = await without.Http.CallAsync(Secret, HttpMethod.Get, "/admin/keys");
        Assert.Equal((404, (await without.Http.GetAsync("/admin/nothing")).Body), (answer.Status, answer.Body));

        await using var server = await RunningServer.StartAsync([.. TakeKey, "Weir:Auth:Keys:0:Scope=admin"]);
        Assert.Equal(200, (await server.Http.CallAsync(Secret, HttpMethod.Put, "/admin/tenants/acme", "{}")).Status);
        var audit = await server.Http.CallAsync(Secret, HttpMethod.Get, "/admin/audit");
        Assert.Equal("config:ci", audit.Json.GetProperty("changes")[0].GetProperty("who").GetString());
    }

    [Fact]
    public async Task Wrong_keys_are_limited_by_address_and_a_right_one_from_there_is_not()
    {
        await using var server = await RunningServer.StartAsync(KeyCalls.Closed);
        Answer answer;
        int refused = 0;
        while ((answer = await server.Http.TakeWithAsync("wrong", "k")).Status == 401)
            Assert.True(++refused < 100);
        answer.AssertProblem(429);
        Assert.InRange(refused, FailedLogins.Burst, FailedLogins.Burst + 20);
        Assert.Equal("1", answer.Header("Retry-After"));
        Assert.Equal(200, (await server.Http.TakeWithAsync(AdminCalls.Key, "k")).Status);
        Assert.Equal(1, server.Log.Count("Requests with an invalid key"));
        // Whoever sends no key has not guessed.
        (await server.Http.TakeWithAsync(null, "k")).AssertProblem(401);
    }

    [Fact]
    public async Task Failures_are_counted_by_whether_they_were_past_the_limit()
    {
        using var server = await ServerProcess.StartAsync(KeyCalls.Closed);
        int refused = 0, limited = 0;
        while (limited == 0)
        {
            int status = (await server.Http.TakeWithAsync("wrong", "k")).Status;
            bool told = status == 401;
            Assert.True(told || status == 429, $"{status}");
            Assert.True(refused < 100, "nobody was limited");
            (refused, limited) = (refused + (told ? 1 : 0), limited + (told ? 0 : 1));
        }

        var metrics = await Metrics.ReadAsync(server.Http);
        Assert.Equal((refused, limited), (metrics["weir_auth_failures_total{limited=\"false\"}"], metrics["weir_auth_failures_total{limited=\"true\"}"]));
    }

    [Theory]
    [InlineData("urls=http://+:0")]
    [InlineData("urls=http://0.0.0.0:0")]
    [InlineData("urls=http://[::]:0")]
    [InlineData("urls=http://127.0.0.1:0;http://*:0")]
    [InlineData("urls=http://weir.example:0")]
    [InlineData("Kestrel:Endpoints:a:Url=http://*:0")]
    public async Task A_server_that_others_reach_does_not_start_without_keys_and_says_the_cure(string setting)
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync(setting));
        Assert.Contains("which other machines can reach", thrown.Message, StringComparison.Ordinal);
        Assert.All(new[] { "Weir:Auth:Keys", "Weir:Auth:AdminKey", "Weir:Auth:AllowAnonymous=true", "http://localhost:3000", setting.Split(';')[^1].Split('=')[^1] }, cure => Assert.Contains(cure, thrown.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nor_does_one_on_ports_of_the_environment()
    {
        var (code, _, errors) = await ServerProcess.RunAsync([], ("ASPNETCORE_HTTP_PORTS", "0"));
        Assert.Equal(1, code);
        Assert.StartsWith("Weir cannot start: http_ports has 0, on every address, which other machines can reach",
            errors.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nor_one_that_would_let_in_nobody()
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync("Weir:Auth:AllowAnonymous=false"));
        Assert.Contains("every request would be refused", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_it_starts_and_is_closed()
    {
        foreach (string[] settings in new[] { TakeKey, [AdminCalls.Setting] })
        {
            await using var server = await RunningServer.StartAsync([Everywhere, .. settings]);
            (await server.Http.TakeWithAsync(null, "k")).AssertProblem(401);
            Assert.Equal(200, (await server.Http.TakeWithAsync(settings == TakeKey ? Secret : AdminCalls.Key, "k")).Status);
        }
    }

    [Fact]
    public async Task Told_to_let_in_anybody_it_does()
    {
        await using var server = await RunningServer.StartAsync(Everywhere, "Weir:Auth:AllowAnonymous=true");
        Assert.Equal(200, (await server.Http.TakeWithAsync(null, "k")).Status);
    }

    [Theory]
    [InlineData(null, "callers   anybody on this machine", false)]
    [InlineData("Weir:Auth:AllowAnonymous=true", "callers   anybody who reaches it, by Weir:Auth:AllowAnonymous", false)]
    [InlineData("Weir:Auth:AllowAnonymous=false", "callers   anybody with a key", true)]
    public async Task The_console_says_who_may_take(string? setting, string said, bool needsKey)
    {
        using var server = await ServerProcess.StartAsync(setting is null ? [AdminCalls.Setting] : [AdminCalls.Setting, setting]);
        Assert.Contains(said, server.Output, StringComparison.Ordinal);
        Assert.Equal(needsKey, server.Output.Contains("-H \"Authorization: Bearer $KEY\"", StringComparison.Ordinal));
        Assert.DoesNotContain(AdminCalls.Key, server.Output, StringComparison.Ordinal);
        Assert.Equal(needsKey ? 401 : 200, (await server.Http.TakeWithAsync(null, "k")).Status);
    }

    [Fact]
    public async Task The_port_of_a_server_on_this_machine_is_still_open_to_it()
    {
        await using var server = await RunningServer.StartAsync($"urls=http://127.0.0.1:{FreePort.Next()}");
        Assert.Equal(200, (await server.Http.TakeWithAsync(null, "k")).Status);
    }
}
