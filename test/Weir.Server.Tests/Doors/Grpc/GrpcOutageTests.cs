using Grpc.Core;
using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;
using Weir.Server.Tests.Paths;
using Weir.Testing;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>The gRPC door without Redis, and with one that is late.</summary>
public sealed class GrpcOutageTests
{
    private const string Taken = "weir_decisions_total{limit=\"per-key\",outcome=\"allowed\",plan=\"slow\",source=\"";

    [Fact]
    public async Task Outages_follow_the_plan_and_deny_is_unavailable()
    {
        await using var weir = await ServerOnRedis.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(weir.Server);
        await weir.BreakAsync();

        for (int i = 0; i < 15; i++)
            Assert.Equal(Code.Ok, (await client.AskAsync("open", GrpcClient.Of("key=k"))).OverallCode);
        for (int i = 0; i < 11; i++)
            Assert.Equal(i < 10 ? Code.Ok : Code.OverLimit, (await client.AskAsync("slow", GrpcClient.Of("key=k"))).OverallCode);
        foreach (var request in new[] { GrpcClient.Request("shut", GrpcClient.Of("key=k")), GrpcClient.Request("shut", GrpcClient.Of("key=k"), GrpcClient.Of("key=l")) })
        {
            var status = await client.FailAsync(request);
            Assert.Equal(StatusCode.Unavailable, status.StatusCode);
            Assert.StartsWith("no decision can be made at the moment", status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task L2_in_an_outage_descriptors_are_all_or_nothing_too()
    {
        await using var weir = await ServerOnRedis.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(weir.Server);
        await weir.BreakAsync();
        var spent = GrpcClient.Of("key=b");
        spent.HitsAddend = 10;
        Assert.Equal(Code.Ok, (await client.AskAsync("slow", spent)).OverallCode);
        var refused = await client.AskAsync("slow", GrpcClient.Of("key=a"), GrpcClient.Of("key=b"));
        Assert.Equal((Code.OverLimit, 10u), (refused.OverallCode, refused.Statuses[0].LimitRemaining));
        Assert.Equal(10, await weir.Http.RemainingAsync("a", "slow"));
    }

    [Fact]
    public async Task A_limit_of_the_descriptors_own_follows_the_outage_setting_of_the_tenants_plan()
    {
        await using var weir = await ServerOnRedis.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(weir.Server);
        await weir.BreakAsync();
        var own = GrpcClient.Of("key=k");
        own.Limit = new() { RequestsPerUnit = 1, Unit = RateLimitUnit.Day };
        Assert.Equal(Code.Ok, (await client.AskAsync("open", own)).OverallCode);
        Assert.Equal(Code.Ok, (await client.AskAsync("open", own)).OverallCode);
        Assert.Equal(Code.Ok, (await client.AskAsync("slow", own)).OverallCode);
        Assert.Equal(Code.OverLimit, (await client.AskAsync("slow", own)).OverallCode);
        Assert.Equal(StatusCode.Unavailable, (await client.FailAsync(GrpcClient.Request("shut", own))).StatusCode);
    }

    [Fact]
    public async Task After_the_deadline_of_a_call_its_decision_is_made_counted_and_spent_once()
    {
        using var policies = new PolicyFile();
        await using var redis = await TestRedis.StartProcessAsync();
        using var server = await ServerProcess.StartAsync(
            [GrpcClient.Listen, policies.Setting, .. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:DeadlineMs=10000", "Weir:Redis:LeaseMs=0"]);
        using var client = await GrpcClient.OpenAsync(server);
        await client.AskAsync("slow", GrpcClient.Of("key=k"));
        redis.Pause();
        var status = await client.FailAsync(GrpcClient.Request("slow", GrpcClient.Of("key=k")), within: TimeSpan.FromMilliseconds(200));
        Assert.Equal(StatusCode.DeadlineExceeded, status.StatusCode);
        redis.Resume();
        await MetricsTests.ReadUntilAsync(
            server, metrics => metrics[Taken + "redis\"}"].GetValueOrDefault() + metrics[Taken + "memory\"}"].GetValueOrDefault() == 2);
        await Until.TrueAsync(async () => await server.Http.RemainingAsync("k", "slow") == 8, () => "it is not spent once");
    }
}
