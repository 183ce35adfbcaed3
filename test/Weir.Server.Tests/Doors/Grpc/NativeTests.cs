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
          paths: { limits: { per-path: { by: [path], when: { path: ["/search*"] }, rate: 60/m, burst: 1x } } }
          none: { limits: {} }
          watched: { limits: { per-key: { by: [key], rate: 1/h, burst: 1x, mode: shadow } } }
        tenants: { paths: { plan: paths }, none: { plan: none }, watched: { plan: watched } }

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
        string tenant = Fresh.Tenant();
        for (int left = 9; left >= 0; left--)
        {
            var answer = await _client.AskAsync(tenant, GrpcClient.Of("key=alice", "path=/a"));
            Assert.Equal(Code.Ok, answer.OverallCode);
            var status = Assert.Single(answer.Statuses);
            Assert.Equal((Code.Ok, (uint)left), (status.Code, status.LimitRemaining));
            Assert.Equal(("per-key", 5u, Unit.Hour), (status.CurrentLimit.Name, status.CurrentLimit.RequestsPerUnit, status.CurrentLimit.Unit));
            Assert.InRange(status.DurationUntilReset.ToTimeSpan(), TimeSpan.FromMinutes(11), TimeSpan.FromHours(2));
        }

        var refused = await _client.AskAsync(tenant, GrpcClient.Of("key=alice"));
        Assert.Equal((Code.OverLimit, Code.OverLimit, 0u), (refused.OverallCode, refused.Statuses[0].Code, refused.Statuses[0].LimitRemaining));
        Assert.Equal(429, (await _server.Http.TakeAsync("alice", tenant: tenant)).Status);
    }
}
