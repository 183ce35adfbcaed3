using Grpc.Core;
using Weir.Server.Envoy;
using Weir.Server.Tests.Doors.Grpc;
using Weir.Server.Tests.Harness;
using Weir.Testing;
using Rule = Weir.Server.Envoy.RateLimitStrategy.Types.BlanketRule;

namespace Weir.Server.Tests.Doors.Quotas;

/// <summary>The rate limit quota service over a real connection.</summary>
public sealed class QuotaStreamTests : IAsyncLifetime
{
    private const string Policies =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-route: { by: [route], rate: 10/h, burst: 320 } } }
          none: { limits: {} }
          banned: { limits: { all: { by: [], rate: 0/s } } }
          strict: { limits: { per-user: { by: [user], rate: 10/s, missing: deny } } }
          watched: { limits: { all: { by: [], rate: 1/s, burst: 2, mode: shadow } } }
          short: { limits: { all: { by: [], rate: 1000/s, burst: 10 } } }
        tenants: { none: { plan: none }, banned: { plan: banned }, short: { plan: short }, strict: { plan: strict }, watched: { plan: watched } }

        """;

    private readonly PolicyFile _policies = new(Policies);
    private RunningServer _server = null!;
    private GrpcClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(GrpcClient.Listen, _policies.Setting);
        _client = new GrpcClient(_server);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _policies.Dispose();
    }

    [Fact]
    public async Task The_first_report_subscribes_and_tokens_of_the_limit_come_with_a_lifetime()
    {
        using var stream = Open();
        await stream.RequestStream.WriteAsync(Reports(Fresh.Tenant(), ("route", "/a")), Cancellation);

        var action = await NextAsync(stream);

        Assert.Equal("/a", action.BucketId.Bucket["route"]);
        Assert.Equal(TimeSpan.FromSeconds(1), action.QuotaAssignmentAction.AssignmentTimeToLive.ToTimeSpan());
        var bucket = action.QuotaAssignmentAction.RateLimitStrategy.TokenBucket;
        Assert.InRange(bucket.MaxTokens, 1u, 319u);
        Assert.NotEqual(bucket.TokensPerFill, (await NextAsync(stream)).QuotaAssignmentAction.RateLimitStrategy.TokenBucket.TokensPerFill);
    }

    [Fact]
    public async Task Streams_get_no_more_together_than_the_limit_has()
    {
        string tenant = Fresh.Tenant();
        using var one = Open();
        using var two = Open();
        long tokens = 0;
        foreach (var stream in new[] { one, two })
            await stream.RequestStream.WriteAsync(Reports(tenant, ("route", "/a")), Cancellation);
        foreach (var stream in new[] { one, two })
        {
            Rule? rule = null;
            while (rule != Rule.DenyAll)
            {
                var strategy = (await NextAsync(stream)).QuotaAssignmentAction.RateLimitStrategy;
                rule = strategy.HasBlanketRule ? strategy.BlanketRule : null;
                tokens += strategy.TokenBucket?.MaxTokens ?? 0;
                await stream.RequestStream.WriteAsync(Reports(tenant, 100_000, ("route", "/a")), Cancellation);
            }
        }

        Assert.InRange(tokens, 300, 320);
    }

    [Theory]
    [InlineData("none", "AllowAll")]
    [InlineData("watched", "AllowAll")]
    [InlineData("banned", "DenyAll")]
    [InlineData("strict", "DenyAll")]
    public async Task Without_an_enforced_limit_all_are_allowed_and_a_ban_or_a_missing_dimension_denies_all(string tenant, string rule)
    {
        using var stream = Open();
        await stream.RequestStream.WriteAsync(Reports(tenant, ("route", "/a")), Cancellation);

        Assert.Equal(rule, (await NextAsync(stream)).QuotaAssignmentAction.RateLimitStrategy.BlanketRule.ToString());
    }

    [Fact]
    public async Task A_limit_that_is_too_short_to_be_assigned_is_abandoned()
    {
        using var stream = Open();
        await stream.RequestStream.WriteAsync(Reports("short", ("route", "/a")), Cancellation);

        Assert.NotNull((await NextAsync(stream)).AbandonAction);
    }

    [Fact]
    public async Task A_stream_that_ends_leaves_no_bucket_behind()
    {
        var buckets = (QuotaBuckets)_server.Services.GetService(typeof(QuotaBuckets))!;
        using (var stream = Open())
        {
            await stream.RequestStream.WriteAsync(Reports(Fresh.Tenant(), ("route", "/a")), Cancellation);
            await NextAsync(stream);
            Assert.Equal(1, buckets.Count);
            await stream.RequestStream.CompleteAsync();
        }

        await Until.TrueAsync(() => buckets.Count == 0, () => $"{buckets.Count} buckets are left");
    }

    [Theory]
    [InlineData("", "domain: it is empty; send the tenant in the first message")]
    [InlineData("no tenant!", "domain: it is no tenant; use 1 to 64 characters out of A-Z a-z 0-9 . _ -")]
    public async Task A_wrong_domain_is_an_invalid_argument(string domain, string message)
    {
        using var stream = Open();
        await stream.RequestStream.WriteAsync(Reports(domain, ("route", "/a")), Cancellation);

        var status = (await Assert.ThrowsAsync<RpcException>(() => NextAsync(stream))).Status;
        Assert.Equal((StatusCode.InvalidArgument, message), (status.StatusCode, status.Detail));
    }

    [Fact]
    public async Task A_bucket_without_entries_is_an_invalid_argument()
    {
        using var stream = Open();
        await stream.RequestStream.WriteAsync(Reports("default"), Cancellation);

        var status = (await Assert.ThrowsAsync<RpcException>(() => NextAsync(stream))).Status;
        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
        Assert.Equal("bucket_quota_usages[0].bucket_id: it is empty; send at least one entry", status.Detail);
    }

    private AsyncDuplexStreamingCall<RateLimitQuotaUsageReports, RateLimitQuotaResponse> Open() =>
        _client.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            RateLimitQuotaMethods.StreamRateLimitQuotas, null, new CallOptions(cancellationToken: Cancellation));

    private static async Task<RateLimitQuotaResponse.Types.BucketAction> NextAsync(
        AsyncDuplexStreamingCall<RateLimitQuotaUsageReports, RateLimitQuotaResponse> stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(Cancellation));
        return Assert.Single(stream.ResponseStream.Current.BucketAction);
    }

    private static RateLimitQuotaUsageReports Reports(string domain, params (string, string)[] entries) =>
        Reports(domain, 1, entries);

    private static RateLimitQuotaUsageReports Reports(string domain, ulong denied, params (string Key, string Value)[] entries)
    {
        var id = new BucketId();
        foreach (var (key, value) in entries)
            id.Bucket.Add(key, value);
        return new()
        {
            Domain = domain,
            BucketQuotaUsages = { new RateLimitQuotaUsageReports.Types.BucketQuotaUsage { BucketId = id, NumRequestsDenied = denied } },
        };
    }
}
