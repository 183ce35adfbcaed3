using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;
using Weir.Testing;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>The descriptors of one request are one decision.</summary>
public abstract class TogetherTests : IAsyncLifetime
{
    private protected const string Policies =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { by: [key], rate: 10/d, burst: 1x }, all: { by: [], rate: 20/d, burst: 1x } } }
          held: { limits: { streams: { by: [key], concurrency: { limit: 2, lease: 1h } } } }
          quiet: { limits: { per-key: { by: [key], rate: 1/d, burst: 1x, mode: shadow }, per-user: { by: [user], rate: 5/d } } }
        tenants: { held: { plan: held }, quiet: { plan: quiet } }

        """;

    private protected PolicyFile PolicyFile { get; } = new(Policies);

    private protected RunningServer Server { get; private set; } = null!;

    private GrpcClient Client { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await StartAsync();
        Client = new GrpcClient(Server);
    }

    public virtual async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        PolicyFile.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<RunningServer> StartAsync();

    [Fact]
    public async Task Each_descriptor_has_its_status_in_order_and_a_shared_bucket_is_charged_once()
    {
        string tenant = Fresh.Tenant();
        var (a, b) = (GrpcClient.Of("key=a"), GrpcClient.Of("key=b"));
        a.HitsAddend = 3;
        var answer = await Client.AskAsync(tenant, a, b);
        Assert.Equal(Code.Ok, answer.OverallCode);
        Assert.Equal([(Code.Ok, 7u), (Code.Ok, 9u)], Of(answer));
        Assert.Equal((7, 9), (await LeftAsync("a", tenant), await LeftAsync("b", tenant)));
        // The limit "all" has counted the higher cost, 3, and not 4: 17 of 20 are left.
        for (int i = 0; i < 17; i++)
            Assert.Equal(200, (await Server.Http.TakeAsync($"c{i}", 1, tenant)).Status);
        Assert.Equal(429, (await Server.Http.TakeAsync("c17", 1, tenant)).Status);
    }

    [Fact]
    public async Task L2_if_one_descriptor_is_refused_no_bucket_is_charged()
    {
        string tenant = Fresh.Tenant();
        Assert.Equal(200, (await Server.Http.TakeAsync("b", 10, tenant)).Status);
        foreach (string[] order in (string[][])[["a", "b"], ["b", "a"], ["a", "c", "b", "d"]])
        {
            var answer = await Client.AskAsync(tenant, [.. order.Select(key => GrpcClient.Of($"key={key}"))]);
            Assert.Equal(Code.OverLimit, answer.OverallCode);
            Assert.Equal(order.Select(key => key == "b" ? (Code.OverLimit, 0u) : (Code.Ok, 10u)), Of(answer));
        }

        await Until.TrueAsync(
            async () => await LeftAsync("a", tenant) == 10 && await LeftAsync("c", tenant) == 10,
            () => "the takes are not undone");
        Assert.Equal(200, (await Server.Http.TakeAsync("z", 10, tenant)).Status);
    }

    [Fact]
    public async Task L2_permits_of_a_refused_request_are_free_again()
    {
        await Client.AskAsync("held", GrpcClient.Of("key=b"));
        await Client.AskAsync("held", GrpcClient.Of("key=b"));
        Assert.Equal(Code.OverLimit, (await Client.AskAsync("held", GrpcClient.Of("key=a"), GrpcClient.Of("key=b"))).OverallCode);
        await Until.TrueAsync(async () => await LeftAsync("a", "held") == 2, () => "the permit is held");
    }

    [Fact]
    public async Task A_check_among_them_spends_nothing_and_refuses_if_it_would_be_refused()
    {
        string tenant = Fresh.Tenant();
        var (take, check) = (GrpcClient.Of("key=a"), GrpcClient.Of("key=b"));
        check.HitsAddend = 0;
        Assert.Equal([(Code.Ok, 9u), (Code.Ok, 10u)], Of(await Client.AskAsync(tenant, take, check)));
        await Server.Http.TakeAsync("b", 10, tenant);
        var refused = await Client.AskAsync(tenant, take, check);
        Assert.Equal(Code.OverLimit, refused.OverallCode);
        Assert.Equal([(Code.Ok, 9u), (Code.OverLimit, 0u)], Of(refused));
    }

    [Fact]
    public async Task A_limit_of_ones_own_a_shadow_and_a_descriptor_without_limits_decide_together()
    {
        var own = GrpcClient.Of("route=r");
        own.Limit = new() { RequestsPerUnit = 2, Unit = RateLimitUnit.Day };
        var (shadow, user) = (GrpcClient.Of("key=a"), GrpcClient.Of("user=u"));
        Assert.Equal([(Code.Ok, 1u), (Code.Ok, 0u), (Code.Ok, 9u)], Of(await Client.AskAsync("quiet", own, shadow, user)));
        Assert.Equal([(Code.Ok, 0u), (Code.Ok, 0u), (Code.Ok, 8u)], Of(await Client.AskAsync("quiet", own, shadow, user)));
        var refused = await Client.AskAsync("quiet", own, shadow, user);
        Assert.Equal(Code.OverLimit, refused.OverallCode);
        Assert.Equal([(Code.OverLimit, 0u), (Code.Ok, 0u), (Code.Ok, 8u)], Of(refused));
    }

    [Fact]
    public async Task L1_requests_at_once_do_not_admit_more_than_the_limit_and_leave_what_was_not_admitted()
    {
        string tenant = Fresh.Tenant();
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            Client.AskAsync(tenant, GrpcClient.Of("key=hot"), GrpcClient.Of($"key=cold{i % 4}"))));
        long admitted = answers.Count(answer => answer.OverallCode == Code.Ok);
        Assert.InRange(admitted, 1, 10);
        await Until.TrueAsync(
            async () => await LeftAsync("hot", tenant) == 10 - admitted, () => $"{admitted} were admitted");
    }

    private static IEnumerable<(Code Code, uint Left)> Of(RateLimitResponse answer) =>
        answer.Statuses.Select(status => (status.Code, status.LimitRemaining));

    private Task<long> LeftAsync(string key, string tenant) => Server.Http.RemainingAsync(key, tenant);
}

/// <inheritdoc/>
public sealed class TogetherInMemory : TogetherTests
{
    private protected override Task<RunningServer> StartAsync() =>
        RunningServer.StartAsync(GrpcClient.Listen, PolicyFile.Setting);
}

/// <inheritdoc/>
public class TogetherOnRedis : TogetherTests
{
    private ITestRedis? _redis;

    private protected virtual string[] Settings => [];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected override async Task<RunningServer> StartAsync()
    {
        _redis = await TestRedis.StartAsync();
        return await RunningServer.StartAsync(
            [GrpcClient.Listen, PolicyFile.Setting, .. ServerOnRedis.Settings(_redis.Endpoint), .. Settings]);
    }
}

/// <summary>The limits of a request lie in several partitions.</summary>
public sealed class TogetherInPartitions : TogetherOnRedis
{
    private protected override string[] Settings => ["Weir:Redis:Partitions=16"];
}
