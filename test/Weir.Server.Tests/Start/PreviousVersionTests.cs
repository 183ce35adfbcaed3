using System.Text.Json;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

/// <summary>This version takes over a Redis that an earlier one used, and loses nothing.</summary>
public sealed class PreviousVersionTests : IAsyncLifetime
{
    private readonly PolicyFile _policies = new(PreviousRedis.Policies);
    private ITestRedis _redis = null!;
    private PreviousRedis _previous = null!;
    private RunningServer _server = null!;

    private HttpCalls Http => _server.Http;

    public async ValueTask InitializeAsync()
    {
        _redis = await TestRedis.StartAsync();
        _previous = await PreviousRedis.LoadAsync(_redis);
        string[] settings = [_policies.Setting, AdminCalls.Setting, .. ServerOnRedis.Settings(_redis.Endpoint)];
        _server = await RunningServer.StartAsync(settings);
        await Until.TrueAsync(
            async () => (await Http.TakeAsync(Fresh.Key())).Text("source") == "redis", () => "Redis does not decide");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _redis.DisposeAsync();
        _policies.Dispose();
    }

    private async Task<string> LeftAsync(string tenant, string key)
    {
        var check = await Http.PostAsync("/v1/check", $$"""{"tenant":"{{tenant}}","key":"{{key}}","cost":0}""");
        var limits = check.Json.GetProperty("limits").EnumerateArray();
        return string.Join(' ', limits.Select(limit => limit.GetProperty("remaining").GetInt64()));
    }

    [Fact]
    public async Task Buckets_and_windows_keep_what_was_spent()
    {
        Assert.Equal("6 96", await LeftAsync("globex", "user_1"));
        Assert.Equal("7 97", await LeftAsync("globex", "user_2"));
        Assert.Equal("2 92", await LeftAsync("globex", "user_3"));
        (await Http.PostAsync("/v1/take", """{"tenant":"globex","key":"user_1","cost":7}""")).AssertProblem(429);
        Assert.Equal(200, (await Http.PostAsync("/v1/take", """{"tenant":"globex","key":"user_1","cost":6}""")).Status);
        Assert.Equal("0 90", await LeftAsync("globex", "user_1"));
    }

    [Fact]
    public async Task A_request_under_the_same_idempotency_key_is_answered_the_same()
    {
        const string Take = """{"tenant":"globex","key":"user_2","cost":3}""";
        var again = await Http.PostOnceAsync("/v1/take", Take, "order-1");
        var before = JsonDocument.Parse(_previous.Once).RootElement;
        Assert.Equal(200, again.Status);
        string[] fields = ["allowed", "tenant", "plan", "limit", "remaining", "capacity", "resetAfterMs", "source"];
        foreach (string field in fields)
            Assert.Equal(before.GetProperty(field).GetRawText(), again.Json.GetProperty(field).GetRawText());
        Assert.Equal("7 97", await LeftAsync("globex", "user_2"));
        const string Other = """{"tenant":"globex","key":"user_2","cost":4}""";
        (await Http.PostOnceAsync("/v1/take", Other, "order-1")).AssertProblem(409);
    }

    [Fact]
    public async Task A_reservation_commits_once()
    {
        string path = $"/v1/reservations/{_previous.Reservation}/commit";
        for (int i = 0; i < 2; i++)
            Assert.Equal(200, (await Http.PostAsync(path, """{"cost":3}""")).Status);
        Assert.Equal("7 97", await LeftAsync("globex", "user_3"));
        (await Http.PostAsync(path, """{"cost":4}""")).AssertProblem(409);
    }

    [Fact]
    public async Task A_permit_is_held_until_its_reservation_is_canceled()
    {
        Assert.Equal("9 1", await LeftAsync("streams", "user_4"));
        var canceled = await Http.SendAsync(HttpMethod.Delete, $"/v1/reservations/{_previous.Running}", null);
        Assert.Equal(204, canceled.Status);
        Assert.Equal("10 2", await LeftAsync("streams", "user_4"));
    }

    [Fact]
    public async Task Live_tenants_keys_and_blocks_hold_with_their_trail()
    {
        Assert.Equal("30", await LeftAsync("acme", "user_1"));
        Assert.Equal("99", await LeftAsync("acme", "vip"));
        (await Http.PostAsync("/v1/take", """{"tenant":"acme","key":"bad"}""")).AssertProblem(429);
        var audit = await Http.AdminAsync(HttpMethod.Get, "/admin/audit");
        var trail = audit.Json.GetProperty("changes").EnumerateArray();
        Assert.Equal([3L, 2, 1], trail.Select(change => change.GetProperty("version").GetInt64()));
        var changed = await Http.PutTenantAsync("globex", """{"plan":"pro"}""");
        Assert.Equal((200, 4), (changed.Status, changed.Number("version")));
    }
}
