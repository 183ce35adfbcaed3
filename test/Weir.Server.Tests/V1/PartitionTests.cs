using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.V1;

/// <summary>One tenant on a cluster of three nodes, over HTTP.</summary>
public sealed class PartitionTests : IAsyncLifetime
{
    private const string Policies =
        """
        defaultPlan: split
        plans:
          split:
            limits:
              per-key: { by: [key], rate: 1/h, burst: 10 }
              per-ip: { by: [ip], rate: 1/h, burst: 5 }
              all: { by: [], rate: 1/h, burst: 1000 }
        """;

    private readonly PolicyFile _policies = new(Policies);
    private RedisCluster? _cluster;
    private RunningServer? _server;

    private HttpCalls Http => _server!.Http;

    public async ValueTask InitializeAsync()
    {
        _cluster = await RedisCluster.StartAsync();
        _server = await RunningServer.StartAsync([_policies.Setting, AdminCalls.Setting, .. ServerOnRedis.Settings(_cluster.Endpoints)]);
        await Until.TrueAsync(async () => (await TakeAsync("warm", "0.0.0.0")).Text("source") == "redis", () => "Redis does not decide");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _policies.Dispose();
    }

    [Fact]
    public async Task Takes_refusals_explanations_resets_blocks_and_candidates_reach_all_partitions()
    {
        for (int i = 0; i < 5; i++)
            Assert.Equal(200, (await TakeAsync($"key{i}", "1.1.1.1")).Status);
        var refused = await TakeAsync("key0", "1.1.1.1");
        Assert.Equal((429, "per-ip"), (refused.Status, refused.Text("limit")));
        await Until.TrueAsync(async () => (await LeftAsync("key0", "1.1.1.1"))[0] == 9, () => "it is not given back");

        var explained = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?key=key0&attributes.ip=1.1.1.1");
        Assert.Equal([9, 0], explained.Json.GetProperty("limits").EnumerateArray().Take(2).Select(limit => limit.GetProperty("bucket").GetProperty("remaining").GetInt64()));

        Assert.Equal(204, (await Http.AdminAsync(HttpMethod.Delete, "/admin/buckets?key=key0&attributes.ip=1.1.1.1")).Status);
        long[] left = await LeftAsync("key0", "1.1.1.1");
        Assert.Equal([10, 5, 1_000], left);

        await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"key":"key0","reason":"abuse"}""");
        await Until.TrueAsync(async () => (await TakeAsync("key0", "2.2.2.2")).Status == 429, () => "it is not blocked");
        Assert.Equal(5, (await LeftAsync("key1", "2.2.2.2"))[1]);

        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Put, "/admin/candidate", Policies.Replace("burst: 5", "burst: 1", StringComparison.Ordinal), "application/yaml")).Status);
        for (int i = 0; i < 4; i++)
            Assert.Equal(200, (await TakeAsync($"tried{i}", "3.3.3.3")).Status);
        await Until.TrueAsync(
            async () => (await Http.AdminAsync(HttpMethod.Get, "/admin/candidate")) is { Status: 200 } tried && tried.Number("stricter") == 3 && tried.Number("skipped") == 0,
            () => "the candidate was not tried");
    }

    [Fact]
    public async Task A_repeat_under_an_idempotency_key_is_answered_as_before_and_a_reservation_is_committed_once()
    {
        const string Body = """{"key":"once","cost":2,"attributes":{"ip":"4.4.4.4"}}""";
        var headers = new Dictionary<string, string?> { ["Idempotency-Key"] = "order-1", ["Authorization"] = $"Bearer {AdminCalls.Key}" };
        string first = (await Http.SendAsync(HttpMethod.Post, "/v1/take", Body, "application/json", headers)).Body;
        for (int i = 0; i < 3; i++)
            Assert.Equal(first, (await Http.SendAsync(HttpMethod.Post, "/v1/take", Body, "application/json", headers)).Body);
        long[] left = await LeftAsync("once", "4.4.4.4");
        Assert.Equal([8, 3], left.Take(2));

        var reserved = await Http.AdminAsync(HttpMethod.Post, "/v1/reservations", Body);
        Assert.Equal(201, reserved.Status);
        for (int i = 0; i < 2; i++)
            Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Post, $"/v1/reservations/{reserved.Text("id")}/commit", """{"cost":1}""")).Status);
        left = await LeftAsync("once", "4.4.4.4");
        Assert.Equal([7, 2], left.Take(2));
        (await Http.AdminAsync(HttpMethod.Delete, $"/v1/reservations/{reserved.Text("id")}")).AssertProblem(409);
    }

    private Task<Answer> TakeAsync(string key, string ip) =>
        Http.AdminAsync(HttpMethod.Post, "/v1/take", $$$"""{"key":"{{{key}}}","attributes":{"ip":"{{{ip}}}"}}""");

    private async Task<long[]> LeftAsync(string key, string ip)
    {
        var checkedNow = await Http.AdminAsync(HttpMethod.Post, "/v1/check", $$$"""{"key":"{{{key}}}","cost":0,"attributes":{"ip":"{{{ip}}}"}}""");
        return [.. checkedNow.Json.GetProperty("limits").EnumerateArray().Select(limit => limit.GetProperty("remaining").GetInt64())];
    }
}
