using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Auth;

/// <summary>L9: with a key of one tenant, another tenant is not there, in memory and on Redis.</summary>
public abstract class IsolationTests : IAsyncLifetime
{
    private HttpCalls _http = null!;
    private string _acme = "";
    private string _unknownPath = "";

    private protected abstract Task<RunningServer> StartAsync();

    public abstract ValueTask DisposeAsync();

    public async ValueTask InitializeAsync()
    {
        _http = (await StartAsync()).Http;
        (_, _acme) = await _http.CreateKeyAsync("\"scope\":\"take\",\"tenant\":\"acme\"");
        _unknownPath = (await _http.GetAsync("/v1/no-such-path")).Body;
    }

    /// <summary>What the tenant <c>slow</c> has left, of ten that do not come back while a test runs.</summary>
    private async Task<long> LeftAsync(string key, string tenant = "slow") =>
        (await _http.CallAsync(AdminCalls.Key, HttpMethod.Get, $"/limit/check?cost=0&key={key}&tenant={tenant}")).Number("remaining");

    [Theory]
    [InlineData("POST", "/limit/incr", """{"key":"KEY","tenant":"slow"}""")]
    [InlineData("POST", "/v1/take", """{"key":"KEY","tenant":"slow"}""")]
    [InlineData("POST", "/v1/check", """{"key":"KEY","tenant":"slow"}""")]
    [InlineData("POST", "/v1/refund", """{"key":"KEY","tenant":"slow"}""")]
    [InlineData("POST", "/v1/reservations", """{"key":"KEY","tenant":"slow"}""")]
    [InlineData("POST", "/v1/batch", """{"requests":[{"key":"KEY"},{"key":"KEY","tenant":"slow"}]}""")]
    [InlineData("POST", "/v1/batch", """{"requests":[{"key":"KEY","tenant":"acme"},{"key":"KEY","tenant":"slow"},{"key":"KEY","tenant":"default"}]}""")]
    [InlineData("GET", "/limit/check?key=KEY&tenant=slow", null)]
    public async Task L9_a_key_of_one_tenant_sees_of_another_what_an_unknown_path_answers_and_changes_nothing(string method, string path, string? body)
    {
        string key = Fresh.Key();
        await _http.TakeWithAsync(AdminCalls.Key, key, "slow", cost: 5);
        path = path.Replace("KEY", key, StringComparison.Ordinal);
        body = body?.Replace("KEY", key, StringComparison.Ordinal);
        var answer = await _http.CallAsync(_acme, new HttpMethod(method), path, body);
        answer.AssertProblem(404);
        Assert.Equal(_unknownPath, answer.Body);
        Assert.DoesNotContain(answer.Headers.Keys, header => header.StartsWith("RateLimit", StringComparison.OrdinalIgnoreCase));
        Assert.Equal((5, 100), (await LeftAsync(key), await LeftAsync(key, "acme")));
    }

    [Theory]
    [InlineData("GET", "/limit/check?key=KEY", null)]
    [InlineData("POST", "/limit/incr", """{"key":"KEY"}""")]
    [InlineData("POST", "/v1/take", """{"key":"KEY"}""")]
    [InlineData("POST", "/v1/check", """{"key":"KEY"}""")]
    [InlineData("POST", "/v1/refund", """{"key":"KEY"}""")]
    [InlineData("POST", "/v1/batch", """{"requests":[{"key":"KEY"}]}""")]
    [InlineData("POST", "/v1/reservations", """{"key":"KEY"}""")]
    public async Task L9_the_header_that_names_a_tenant_is_no_way_around(string method, string path, string? body)
    {
        string key = Fresh.Key();
        path = path.Replace("KEY", key, StringComparison.Ordinal);
        body = body?.Replace("KEY", key, StringComparison.Ordinal);
        Assert.Equal(_unknownPath, (await _http.CallAsync(_acme, new HttpMethod(method), path, body, "slow")).Body);
        Assert.Equal(_unknownPath, (await _http.CallAsync(_acme, new HttpMethod(method), path, body, RequestFacts.DefaultTenant)).Body);
        Assert.True((await _http.CallAsync(_acme, new HttpMethod(method), path, body, "acme")).Status is 200 or 201);
        Assert.Equal((10, 10), (await LeftAsync(key), await LeftAsync(key, "default")));
    }

    [Fact]
    public async Task L9_without_a_tenant_a_request_is_for_that_of_the_key()
    {
        string key = Fresh.Key();
        Assert.Equal("acme", (await _http.TakeWithAsync(_acme, key)).Text("tenant"));
        var batch = await _http.CallAsync(_acme, HttpMethod.Post, "/v1/batch", $$"""{"requests":[{"key":"{{key}}"},{"key":"{{key}}","tenant":"acme"}]}""");
        Assert.All(batch.Json.GetProperty("decisions").EnumerateArray(), decision => Assert.Equal("acme", decision.GetProperty("tenant").GetString()));
        Assert.Equal((10, 10), (await LeftAsync(key), await LeftAsync(key, "default")));
        Assert.InRange(await LeftAsync(key, "acme"), 97, 100);
    }

    [Theory]
    [InlineData("POST", "/commit", """{"cost":0}""")]
    [InlineData("DELETE", "", null)]
    public async Task L9_a_reservation_of_another_tenant_is_one_that_nobody_knows(string method, string path, string? body)
    {
        string key = Fresh.Key();
        var reserved = await _http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/v1/reservations", $$"""{"key":"{{key}}","cost":8,"tenant":"slow"}""");
        string id = reserved.Text("id");
        var others = await _http.CallAsync(_acme, new HttpMethod(method), $"/v1/reservations/{id}{path}", body);
        var nobodys = await _http.CallAsync(_acme, new HttpMethod(method), $"/v1/reservations/never{path}", body);
        others.AssertProblem(404);
        Assert.Equal(nobodys.Body, others.Body);
        Assert.Equal(2, await LeftAsync(key));
        Assert.InRange((await _http.CallAsync(AdminCalls.Key, new HttpMethod(method), $"/v1/reservations/{id}{path}", body)).Status, 200, 204);
        Assert.Equal(10, await LeftAsync(key));
    }

    [Fact]
    public async Task L9_its_own_reservations_a_key_may_settle()
    {
        var reserved = await _http.CallAsync(_acme, HttpMethod.Post, "/v1/reservations", $$"""{"key":"{{Fresh.Key()}}","cost":8}""");
        var committed = await _http.CallAsync(_acme, HttpMethod.Post, $"/v1/reservations/{reserved.Text("id")}/commit", """{"cost":3}""");
        Assert.Equal((200, "acme"), (committed.Status, committed.Text("tenant")));
    }

    [Fact]
    public async Task L9_an_idempotency_key_of_another_tenant_stands_for_nothing()
    {
        string key = Fresh.Key(), once = Guid.NewGuid().ToString();
        foreach (var (secret, tenant) in new[] { (AdminCalls.Key, "slow"), (_acme, "acme") })
        {
            var taken = await _http.SendAsync(
                HttpMethod.Post, "/v1/take", $$"""{"key":"{{key}}","cost":4,"tenant":"{{tenant}}"}""", "application/json",
                new() { ["Authorization"] = $"Bearer {secret}", ["Idempotency-Key"] = once });
            Assert.Equal((200, tenant), (taken.Status, taken.Text("tenant")));
        }
    }

    [Fact]
    public async Task L9_nothing_is_listed_or_administrated_with_a_key_that_takes()
    {
        foreach (string path in new[] { "policies", "tenants", "tenants/acme", "tenants/slow", "audit", "block", "keys", "explain?key=k&tenant=acme", "explain?key=k&tenant=slow", "buckets?key=k&tenant=slow" })
            (await _http.CallAsync(_acme, HttpMethod.Get, $"/admin/{path}")).AssertProblem(403);
        (await _http.CallAsync(_acme, HttpMethod.Post, "/admin/keys", """{"scope":"admin"}""")).AssertProblem(403);
        (await _http.CallAsync(_acme, HttpMethod.Put, "/admin/tenants/acme", """{"unlimited":true}""")).AssertProblem(403);
    }

    [Fact]
    public async Task A_key_without_a_tenant_and_one_that_administrates_take_for_all()
    {
        var (_, all) = await _http.CreateKeyAsync();
        var (_, admin) = await _http.CreateKeyAsync("\"scope\":\"admin\"");
        foreach (string secret in new[] { all, admin, AdminCalls.Key })
        {
            Assert.Equal("slow", (await _http.TakeWithAsync(secret, Fresh.Key(), "slow")).Text("tenant"));
            Assert.Equal("default", (await _http.TakeWithAsync(secret, Fresh.Key())).Text("tenant"));
        }
    }
}

public sealed class IsolationInMemory : IsolationTests
{
    private readonly PolicyFile _policies = new();
    private RunningServer? _server;

    private protected override async Task<RunningServer> StartAsync() => _server = await RunningServer.StartAsync([_policies.Setting, .. KeyCalls.Closed]);

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _policies.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class IsolationOnRedis : IsolationTests
{
    private ServerOnRedis? _server;

    private protected override async Task<RunningServer> StartAsync() => (_server = await ServerOnRedis.StartAsync(KeyCalls.Closed)).Server;

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
