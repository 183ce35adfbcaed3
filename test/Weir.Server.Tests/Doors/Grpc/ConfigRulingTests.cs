using Grpc.Core;
using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;
using Unit = Weir.Server.Envoy.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>Requests over gRPC, decided by Envoy's own configuration.</summary>
public sealed class ConfigRulingTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private RunningServer _server = null!;
    private GrpcClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        string file = Path.Combine(_folder.Path, "config.yaml");
        await File.WriteAllTextAsync(
            file,
            """
            domain: shop
            descriptors:
              - key: user
                rate_limit: { unit: year, requests_per_unit: 2, name: per-user }
              - key: free
                rate_limit: { unlimited: true }
            """);
        _server = await RunningServer.StartAsync(
            GrpcClient.Listen, $"Weir:Envoy:Config={file}", "Weir:Headers=draft-06", "Weir:Grpc:Metadata=true");
        _client = new GrpcClient(_server);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_rule_counts_and_refuses_with_status_headers_and_metadata()
    {
        for (uint left = 2; left-- > 0;)
        {
            var answer = await _client.AskAsync("shop", GrpcClient.Of("user=anna"));
            var status = Assert.Single(answer.Statuses);
            Assert.Equal((Code.Ok, Code.Ok, left), (answer.OverallCode, status.Code, status.LimitRemaining));
            Assert.Equal(("per-user", 2u, Unit.Year), (status.CurrentLimit.Name, status.CurrentLimit.RequestsPerUnit, status.CurrentLimit.Unit));
        }

        var refused = await _client.AskAsync("shop", GrpcClient.Of("user=anna"));

        Assert.Equal((Code.OverLimit, Code.OverLimit), (refused.OverallCode, refused.Statuses[0].Code));
        var headers = refused.ResponseHeadersToAdd.ToDictionary(header => header.Key, header => header.Value);
        Assert.Equal(("2", "0"), (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]));
        Assert.Equal(headers["RateLimit-Reset"], headers["Retry-After"]);
        Assert.Equal("per-user", refused.DynamicMetadata.Fields["limit"].StringValue);
        Assert.False(refused.DynamicMetadata.Fields["allowed"].BoolValue);
    }

    [Fact]
    public async Task An_unlimited_rule_allows_all_and_an_unknown_domain_is_OK_without_limit()
    {
        var unlimited = Assert.Single((await _client.AskAsync("shop", GrpcClient.Of("free=x"))).Statuses);
        var unknown = await _client.AskAsync("other", GrpcClient.Of("user=anna"));

        Assert.Equal((Code.Ok, uint.MaxValue), (unlimited.Code, unlimited.LimitRemaining));
        Assert.Equal(Code.Ok, unknown.OverallCode);
        Assert.Null(Assert.Single(unknown.Statuses).CurrentLimit);
    }

    [Fact]
    public async Task An_empty_domain_and_no_descriptors_are_invalid_arguments()
    {
        Assert.Equal(StatusCode.InvalidArgument, (await _client.FailAsync(GrpcClient.Request("", GrpcClient.Of("user=a")))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await _client.FailAsync(GrpcClient.Request("shop"))).StatusCode);
    }

    [Fact]
    public async Task A_limit_of_the_descriptor_overrides_the_rule()
    {
        var descriptor = GrpcClient.Of("user=berta");
        descriptor.Limit = new() { RequestsPerUnit = 100, Unit = RateLimitUnit.Hour };

        var status = Assert.Single((await _client.AskAsync("shop", descriptor)).Statuses);

        Assert.Equal((100u, Unit.Hour, 99u), (status.CurrentLimit.RequestsPerUnit, status.CurrentLimit.Unit, status.LimitRemaining));
    }
}
