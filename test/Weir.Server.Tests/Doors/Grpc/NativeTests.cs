using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;
using Unit = Weir.Server.Envoy.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>Requests of one descriptor, by the policies of Weir.</summary>
public sealed class NativeTests : IAsyncLifetime
{
    private const string Policies =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { by: [key], rate: 5/h, burst: 2x } } }
          paths: { limits: { per-path: { by: [path], when: { path: ["/search*"] }, rate: 60/h, burst: 1x } } }
          none: { limits: {} }
          banned: { limits: { ban: { by: [key], window: { limit: 0, every: week } } } }
          watched: { limits: { per-key: { by: [key], rate: 1/h, burst: 1x, mode: shadow } } }
        tenants: { paths: { plan: paths }, none: { plan: none }, watched: { plan: watched }, banned: { plan: banned } }

        """;

    private readonly PolicyFile _policies = new(Policies);
    private RunningServer _server = null!;
    private GrpcClient _client = null!;

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
    public async Task The_domain_is_the_tenant_and_the_entry_key_is_the_key()
    {
        for (int left = 9; left >= 0; left--)
        {
            var answer = await _client.AskAsync("acme", GrpcClient.Of("key=alice", "path=/a"));
            Assert.Equal(Code.Ok, answer.OverallCode);
            var status = Assert.Single(answer.Statuses);
            Assert.Equal((Code.Ok, (uint)left), (status.Code, status.LimitRemaining));
            AssertLimit(("per-key", 5, Unit.Hour), status);
            Assert.InRange(status.DurationUntilReset.ToTimeSpan(), TimeSpan.FromMinutes(11), TimeSpan.FromHours(2));
        }

        var refused = await _client.AskAsync("acme", GrpcClient.Of("key=alice"));
        Assert.Equal((Code.OverLimit, Code.OverLimit), (refused.OverallCode, refused.Statuses[0].Code));
        Assert.Equal(0u, refused.Statuses[0].LimitRemaining);
        AssertLimit(("per-key", 5, Unit.Hour), refused.Statuses[0]);
        Assert.Equal(429, (await _server.Http.TakeAsync("alice", tenant: "acme")).Status);
        Assert.Equal(200, (await _server.Http.TakeAsync("alice", tenant: "other")).Status);
    }

    [Fact]
    public async Task Without_the_entry_key_all_entries_joined_are_the_key()
    {
        await _client.AskAsync("acme", GrpcClient.Of("user=bob", "path=/a"));
        Assert.Equal(9, await _server.Http.RemainingAsync("user=bob|path=/a", "acme"));
        await _client.AskAsync("acme", GrpcClient.Of("user=bob"));
        Assert.Equal(9, await _server.Http.RemainingAsync("user=bob", "acme"));
    }

    [Fact]
    public async Task Entries_are_attributes_and_without_a_limit_that_applies_the_answer_is_ok_without_limit()
    {
        var matched = await _client.AskAsync("paths", GrpcClient.Of("path=/search/a"));
        AssertLimit(("per-path", 60, Unit.Hour), matched.Statuses[0]);
        var answer = await _client.AskAsync("paths", GrpcClient.Of("path=/other"));
        var status = Assert.Single(answer.Statuses);
        Assert.Equal((Code.Ok, Code.Ok), (answer.OverallCode, status.Code));
        Assert.Equal((null, 0u, null), (status.CurrentLimit, status.LimitRemaining, status.DurationUntilReset));
        Assert.Empty(answer.ResponseHeadersToAdd);
    }

    [Fact]
    public async Task A_plan_without_limits_leaves_as_many_as_the_field_can_say()
    {
        var status = (await _client.AskAsync("none", GrpcClient.Of("key=a"))).Statuses[0];
        Assert.Equal((Code.Ok, null, uint.MaxValue), (status.Code, status.CurrentLimit, status.LimitRemaining));
    }

    [Fact]
    public async Task A_limit_in_shadow_mode_is_shown_and_never_refuses()
    {
        await _client.AskAsync("watched", GrpcClient.Of("key=a"));
        var answer = await _client.AskAsync("watched", GrpcClient.Of("key=a"));
        Assert.Equal((Code.Ok, Code.Ok, 0u), (answer.OverallCode, answer.Statuses[0].Code, answer.Statuses[0].LimitRemaining));
        AssertLimit(("per-key", 1, Unit.Hour), answer.Statuses[0]);
    }

    [Fact]
    public async Task A_ban_is_over_limit()
    {
        var answer = await _client.AskAsync("banned", GrpcClient.Of("key=a"));
        Assert.Equal(Code.OverLimit, answer.OverallCode);
        AssertLimit(("ban", 0, Unit.Week), answer.Statuses[0]);
    }

    [Theory]
    [InlineData(0u, 9)]
    [InlineData(1u, 9)]
    [InlineData(4u, 6)]
    [InlineData(11u, 10)]
    public async Task The_request_says_how_many_hits_and_none_is_one(uint hits, long left)
    {
        var request = GrpcClient.Request("hits", GrpcClient.Of($"key={hits}"));
        request.HitsAddend = hits;
        var answer = await _client.AskAsync(request);
        Assert.Equal(hits <= 10 ? Code.Ok : Code.OverLimit, answer.OverallCode);
        Assert.Equal(left, answer.Statuses[0].LimitRemaining);
        Assert.Equal(left, await _server.Http.RemainingAsync($"{hits}", "hits"));
    }

    [Fact]
    public async Task A_descriptors_own_hits_override_and_none_of_them_is_a_check()
    {
        var descriptor = GrpcClient.Of("key=a");
        descriptor.HitsAddend = 10;
        var request = GrpcClient.Request("own", descriptor);
        request.HitsAddend = 3;
        descriptor.HitsAddend = 0;
        Assert.Equal((Code.Ok, 10u), CodeAndLeft(await _client.AskAsync(request)));
        Assert.Equal(10, await _server.Http.RemainingAsync("a", "own"));
        descriptor.HitsAddend = 10;
        Assert.Equal((Code.Ok, 0u), CodeAndLeft(await _client.AskAsync(request)));
        descriptor.HitsAddend = 0;
        Assert.Equal((Code.OverLimit, 0u), CodeAndLeft(await _client.AskAsync(request)));
    }

    [Fact]
    public async Task A_limit_of_the_descriptors_own_replaces_the_policy_and_is_not_shadowed()
    {
        var descriptor = GrpcClient.Of("key=a", "path=/a");
        descriptor.Limit = new() { RequestsPerUnit = 2, Unit = RateLimitUnit.Day };
        for (uint left = 1; left < 2; left--)
        {
            var answer = await _client.AskAsync("watched", descriptor);
            Assert.Equal((Code.Ok, left), CodeAndLeft(answer));
            AssertLimit(("", 2, Unit.Day), answer.Statuses[0]);
        }

        Assert.Equal((Code.OverLimit, 0u), CodeAndLeft(await _client.AskAsync("watched", descriptor)));
        // The policy's own bucket is as new, and so is that of another descriptor.
        Assert.Equal((Code.Ok, 0u), CodeAndLeft(await _client.AskAsync("watched", GrpcClient.Of("key=a", "path=/a"))));
        var other = GrpcClient.Of("key=a", "path=/b");
        other.Limit = descriptor.Limit;
        Assert.Equal((Code.Ok, 1u), CodeAndLeft(await _client.AskAsync("watched", other)));
    }

    [Fact]
    public async Task Other_numbers_of_a_descriptors_own_limit_keep_what_was_spent_and_zero_refuses()
    {
        var descriptor = GrpcClient.Of("user=a");
        descriptor.Limit = new() { RequestsPerUnit = 5, Unit = RateLimitUnit.Year };
        Assert.Equal((Code.Ok, 4u), CodeAndLeft(await _client.AskAsync("acme", descriptor)));
        descriptor.Limit.RequestsPerUnit = 3;
        Assert.Equal((Code.Ok, 1u), CodeAndLeft(await _client.AskAsync("acme", descriptor)));
        descriptor.Limit.RequestsPerUnit = 0;
        Assert.Equal((Code.OverLimit, 0u), CodeAndLeft(await _client.AskAsync("acme", descriptor)));
    }

    [Fact]
    public async Task A_blocked_key_is_over_limit_without_a_limit()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen, _policies.Setting, AdminCalls.Setting);
        using var client = new GrpcClient(server);
        await server.Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"key":"a","tenant":"acme","reason":"abuse"}""");
        var answer = await client.AskAsync("acme", GrpcClient.Of("key=a"));
        Assert.Equal((Code.OverLimit, null), (answer.OverallCode, answer.Statuses[0].CurrentLimit));
    }

    private static (Code Code, uint Left) CodeAndLeft(RateLimitResponse answer) =>
        (answer.OverallCode, Assert.Single(answer.Statuses).LimitRemaining);

    private static void AssertLimit((string Name, uint Requests, Unit Unit) limit, RateLimitResponse.Types.DescriptorStatus status) =>
        Assert.Equal(limit, (status.CurrentLimit.Name, status.CurrentLimit.RequestsPerUnit, status.CurrentLimit.Unit));
}
