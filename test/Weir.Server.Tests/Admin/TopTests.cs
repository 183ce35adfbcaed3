using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Admin;

public sealed class TopTests : IAsyncLifetime
{
    private readonly PolicyFile _policies = new();
    private RunningServer _server = null!;

    private HttpCalls Http => _server.Http;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(_policies.Setting, AdminCalls.Setting);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _policies.Dispose();
    }

    [Fact]
    public async Task An_instance_has_one_name_wherever_it_says_what_it_counted()
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        Assert.Equal(200, (await server.Http.AdminAsync(HttpMethod.Put, "/admin/candidate", PolicyFile.Common, "application/yaml")).Status);

        string? candidate = (await server.Http.AdminAsync(HttpMethod.Get, "/admin/candidate")).Text("instance");

        Assert.Equal((await server.Http.AdminAsync(HttpMethod.Get, "/admin/top")).Text("instance"), candidate);
    }

    [Fact]
    public async Task The_keys_of_a_tenant_that_are_refused_and_allowed_most_are_listed_with_their_error()
    {
        await TakeAsync("slow", "greedy", 13);
        await TakeAsync("slow", "modest", 11);
        await TakeAsync("slow", "fine", 4);
        await TakeAsync("sloth", "greedy", 1);

        var top = await GetAsync("?tenant=slow");

        Assert.Equal("slow", top.Text("tenant"));
        Assert.Equal(
            """{"total":4,"maxError":0,"missed":0,"entries":[{"key":"greedy","count":3,"error":0},{"key":"modest","count":1,"error":0}]}""",
            top.Json.GetProperty("denied").GetRawText());
        Assert.Equal(["fine 4", "greedy 10", "modest 10"], Entries(top, "allowed", "key").Order(StringComparer.Ordinal));
        Assert.InRange(DateTimeOffset.UtcNow - top.Json.GetProperty("since").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Equal($"{Environment.MachineName}:{Environment.ProcessId}", top.Text("instance"));
    }

    [Fact]
    public async Task Without_a_tenant_the_tenants_are_listed()
    {
        await TakeAsync("slow", "k", 12);
        await TakeAsync("sloth", "k", 11);

        var top = await GetAsync("");

        Assert.Equal(["slow 2", "sloth 1"], Entries(top, "denied", "tenant"));
        Assert.Equal(["sloth 10", "slow 10"], Entries(top, "allowed", "tenant"));
        Assert.False(top.Json.TryGetProperty("tenant", out _));
    }

    [Fact]
    public async Task One_list_can_be_asked_for_and_so_many_entries()
    {
        for (int i = 0; i < 25; i++)
            await TakeAsync("acme", $"k{i}", i + 1);

        var top = await GetAsync("?tenant=acme&which=allowed&limit=2");

        Assert.Equal(["k24 25", "k23 24"], Entries(top, "allowed", "key"));
        Assert.False(top.Json.TryGetProperty("denied", out _));
        Assert.Equal(20, Entries(await GetAsync("?tenant=acme"), "allowed", "key").Count());
        Assert.False((await GetAsync("?which=denied")).Json.TryGetProperty("allowed", out _));
    }

    [Fact]
    public async Task Takes_of_every_kind_count_once_and_checks_and_refunds_do_not()
    {
        await Http.TakeAsync("k", 1, "slow");
        await Http.PostAsync("/limit/incr", """{"key":"k"}""", "slow");
        await Http.PostOnceAsync("/v1/take", """{"key":"k","tenant":"slow"}""", "once");
        await Http.PostAsync("/v1/batch", """{"requests":[{"key":"k","tenant":"slow"},{"key":"k","tenant":"slow","cost":11}]}""");
        await Http.PostAsync("/v1/reservations", """{"key":"k","tenant":"slow","cost":2}""");
        await Http.PostAsync("/v1/refund", """{"key":"k"}""", "slow");
        await Http.PostAsync("/v1/check", """{"key":"k"}""", "slow");
        await Http.RemainingAsync("k", "slow");
        await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"tenant":"slow","key":"k","reason":"abuse"}""");
        await Http.TakeAsync("k", 1, "slow");

        var top = await GetAsync("?tenant=slow");

        Assert.Equal(["k 5"], Entries(top, "allowed", "key"));
        Assert.Equal(["k 2"], Entries(top, "denied", "key"));
    }

    [Fact]
    public async Task Those_who_spend_most_of_a_unit_are_listed_by_what_they_spent()
    {
        await Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { t: { unit: tokens, rate: 1000/h, burst: 1x } } } }\n");
        await Http.PostAsync("/v1/take", """{"key":"greedy","costs":{"tokens":600,"typo":9}}""");
        await Http.PostAsync("/v1/take", """{"key":"greedy","costs":{"tokens":600}}""");
        await Http.PostAsync("/v1/charge", """{"key":"late","costs":{"tokens":700}}""");
        await Http.PostAsync("/v1/refund", """{"key":"late","costs":{"tokens":100}}""");
        await Http.PostAsync("/v1/reservations", """{"key":"streams","costs":{"tokens":50}}""");

        var top = await GetAsync("?tenant=default&unit=tokens");

        Assert.Equal("tokens", top.Text("unit"));
        Assert.Equal(["late 700", "greedy 600", "streams 50"], Entries(top, "allowed", "key"));
        Assert.Equal(["greedy 600"], Entries(top, "denied", "key"));
        Assert.Equal(["default 1350"], Entries(await GetAsync("?unit=tokens"), "allowed", "tenant"));
        Assert.Empty(Entries(await GetAsync("?unit=typo"), "allowed", "tenant"));
    }

    [Theory]
    [InlineData("?unit=", "unit")]
    [InlineData("?unit=requests", "unit")]
    [InlineData("?unit=a%20b", "unit")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?limit=1&limit=2", "limit")]
    [InlineData("?which=both", "which")]
    [InlineData("?tenant=a%20b", "tenant")]
    [InlineData("?tenant=", "tenant")]
    [InlineData("?key=k", "key")]
    public async Task A_question_that_is_none_is_told_so(string query, string field)
    {
        var answer = await Http.AdminAsync(HttpMethod.Get, "/admin/top" + query);

        answer.AssertProblem(400);
        Assert.Equal(field, answer.Text("field"));
    }

    [Fact]
    public async Task It_is_behind_the_admin_key_and_can_be_turned_off()
    {
        (await Http.AdminAsync(HttpMethod.Get, "/admin/top", key: null)).AssertProblem(401);
        await using var off = await RunningServer.StartAsync(AdminCalls.Setting, "Weir:Top:Enabled=false");
        await off.Http.TakeAsync("k");

        var answer = await off.Http.AdminAsync(HttpMethod.Get, "/admin/top");

        answer.AssertProblem(404);
        Assert.Contains("Weir:Top:Enabled=true", answer.Text("detail"), StringComparison.Ordinal);
    }

    private async Task TakeAsync(string tenant, string key, int times)
    {
        for (int i = 0; i < times; i++)
            await Http.TakeAsync(key, 1, tenant);
    }

    private async Task<Answer> GetAsync(string query)
    {
        var answer = await Http.AdminAsync(HttpMethod.Get, "/admin/top" + query);
        Assert.Equal((200, "application/json"), (answer.Status, answer.MediaType));
        return answer;
    }

    private static IEnumerable<string> Entries(Answer top, string which, string name) => top.Json.GetProperty(which).GetProperty("entries").EnumerateArray()
        .Select(entry => $"{entry.GetProperty(name).GetString()} {entry.GetProperty("count").GetInt64()}");
}
