using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;
using static Grpc.Health.V1.HealthCheckResponse.Types;
using Code = Weir.Server.Envoy.RateLimitResponse.Types.Code;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>The gRPC door of a running server: its address, keys, health, reflection, errors and end.</summary>
public sealed class GrpcServerTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private static readonly RateLimitRequest Request = GrpcClient.Request("acme", GrpcClient.Of("key=k"));

    [Fact]
    public async Task Nothing_else_answers_on_its_address_and_it_answers_on_no_other()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(server);
        string address = $"http://{server.Services.GetRequiredService<GrpcDoor>().Address}";
        using var http = new HttpClient { DefaultRequestVersion = new(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (string path in (string[])["/livez", "/metrics", "/limit/check?key=k", "/nothing"])
        {
            using var answer = await http.GetAsync(address + path);
            Assert.Equal("12", answer.Headers.GetValues("grpc-status").Single());
            Assert.Equal("", await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal(404, (await server.Http.PostAsync(RateLimitMethods.ShouldRateLimit.FullName, "{}")).Status);
        Assert.Equal(404, (await server.Http.PostAsync("/grpc.health.v1.Health/Check", "{}")).Status);
        Assert.Equal(Code.Ok, (await client.AskAsync(Request)).OverallCode);
    }

    [Fact]
    public async Task With_management_addresses_it_is_served_on_its_own_only()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen, "Weir:Management:Urls=http://127.0.0.1:0");
        using var client = new GrpcClient(server);
        Assert.Equal(Code.Ok, (await client.AskAsync(Request)).OverallCode);
        using var management = new HttpCalls(server.Management);
        foreach (var http in (HttpCalls[])[server.Http, management])
            Assert.Equal(404, (await http.PostAsync(RateLimitMethods.ShouldRateLimit.FullName, "{}")).Status);
    }

    [Fact]
    public async Task L9_with_keys_every_call_needs_one_and_a_tenants_key_asks_for_its_tenant_only()
    {
        await using var server = await RunningServer.StartAsync(
            GrpcClient.Listen, "Weir:Auth:Keys:0:Name=ci", $"Weir:Auth:Keys:0:Key={Secret}", "Weir:Auth:Keys:0:Scope=take", "Weir:Auth:Keys:0:Tenant=acme");
        using var client = new GrpcClient(server);
        var none = await client.FailAsync(Request);
        Assert.Equal((StatusCode.Unauthenticated, "authorization: no key; send Bearer KEY in this metadata"), (none.StatusCode, none.Detail));
        var wrong = await client.FailAsync(Request, "wrong");
        Assert.Equal((StatusCode.Unauthenticated, "authorization: no valid key; send exactly one as Bearer KEY"), (wrong.StatusCode, wrong.Detail));
        Assert.Equal(Code.Ok, (await client.AskAsync(Request, Secret)).OverallCode);
        var other = await client.FailAsync(GrpcClient.Request("other", GrpcClient.Of("key=k")), Secret);
        Assert.Equal((StatusCode.PermissionDenied, "domain: this key is for another tenant; send the tenant of the key"), (other.StatusCode, other.Detail));
        Assert.Equal(ServingStatus.Serving, (await new Health.HealthClient(client.Channel).CheckAsync(new())).Status);
    }

    [Fact]
    public async Task L10_wrong_keys_are_bounded_together_with_those_of_HTTP_and_a_right_one_passes()
    {
        await using var server = await RunningServer.StartAsync([GrpcClient.Listen, .. KeyCalls.Closed]);
        using var client = new GrpcClient(server);
        for (int i = 0; i < FailedLogins.Burst; i++)
            await server.Http.CallAsync("wrong", HttpMethod.Post, "/v1/take", """{"key":"k"}""");
        var status = await client.FailAsync(Request, "wrong");
        Assert.Equal(StatusCode.Unauthenticated, status.StatusCode);
        Assert.StartsWith("authorization: wrong keys came from this address too often", status.Detail, StringComparison.Ordinal);
        Assert.Equal(Code.Ok, (await client.AskAsync(Request, AdminCalls.Key)).OverallCode);
    }

    [Fact]
    public async Task L10_its_connections_count_against_the_bound_and_its_streams_have_one()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen);
        using var one = new GrpcClient(server);
        using var two = new GrpcClient(server);
        await one.AskAsync(Request);
        await two.AskAsync(Request);
        Assert.Equal(2, server.Services.GetRequiredService<ConnectionBounds>().OfCallers.Count);
        var limits = server.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>>().Value.Limits;
        Assert.Equal(GrpcBounds.MaxStreams, limits.Http2.MaxStreamsPerConnection);
    }

    [Fact]
    public async Task Health_answers_for_the_server_and_for_the_service_and_knows_no_other()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(server);
        var health = new Health.HealthClient(client.Channel);
        foreach (string service in (string[])["", "envoy.service.ratelimit.v3.RateLimitService"])
            Assert.Equal(ServingStatus.Serving, (await health.CheckAsync(new() { Service = service })).Status);
        var thrown = await Assert.ThrowsAsync<RpcException>(async () => await health.CheckAsync(new() { Service = "other" }));
        Assert.Equal(StatusCode.NotFound, thrown.StatusCode);
        using var watch = health.Watch(new() { Service = "other" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(ServingStatus.ServiceUnknown, watch.ResponseStream.Current.Status);
    }

    [Fact]
    public async Task While_it_drains_health_says_so_calls_are_answered_and_a_watch_ends_with_the_drain()
    {
        var server = await RunningServer.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(server);
        var health = new Health.HealthClient(client.Channel);
        using var watch = health.Watch(new());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(ServingStatus.Serving, watch.ResponseStream.Current.Status);
        server.Services.GetRequiredService<Draining>().Begin();
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new())).Status);
        // The answer has ended its connection: the next call comes on another one.
        Assert.Equal(Code.Ok, (await client.AskAsync(Request)).OverallCode);
        await server.DisposeAsync();
        Assert.False(await watch.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task A_stop_waits_for_the_answer_of_a_call_under_way()
    {
        var ruling = new HeldRuling();
        var server = await RunningServer.StartAsync(services => services.AddSingleton<IRateLimitRuling>(ruling), GrpcClient.Listen);
        using var client = new GrpcClient(server);
        var call = client.AskAsync(Request);
        await ruling.Asked.Task;
        var stop = server.DisposeAsync().AsTask();
        Assert.False(stop.IsCompleted);
        ruling.Answer.SetResult(new RateLimitResponse { OverallCode = Code.OverLimit });
        Assert.Equal(Code.OverLimit, (await call).OverallCode);
        await stop;
        Assert.Equal(StatusCode.Unavailable, (await client.FailAsync(Request)).StatusCode);
    }

    [Fact]
    public async Task An_exception_is_an_internal_error_without_details_and_is_logged()
    {
        var ruling = new HeldRuling();
        ruling.Answer.SetException(new InvalidOperationException("the secret cause"));
        await using var server = await RunningServer.StartAsync(services => services.AddSingleton<IRateLimitRuling>(ruling), GrpcClient.Listen);
        using var client = new GrpcClient(server);
        var status = await client.FailAsync(Request);
        Assert.Equal((StatusCode.Internal, "an error of Weir, which its log describes; please report it"), (status.StatusCode, status.Detail));
        Assert.Contains(server.Log.AtLeast(LogLevel.Error), line => line.Contains("the secret cause", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reflection_lists_the_service_and_its_file()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen);
        using var client = new GrpcClient(server);
        using var call = new ServerReflection.ServerReflectionClient(client.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        string[] services = [.. call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name)];
        Assert.Contains("envoy.service.ratelimit.v3.RateLimitService", services);
        Assert.Contains("grpc.health.v1.Health", services);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "envoy.service.ratelimit.v3.RateLimitService" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.NotEmpty(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
        await call.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Without_keys_it_does_not_start_where_other_machines_reach_it()
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync("Weir:Grpc:Listen=*:0"));
        Assert.Contains(
            "Weir:Grpc:Listen is \"*:0\", which other machines can reach without a key", thrown.Message, StringComparison.Ordinal);
        thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync("Weir:Grpc:Listen=8081"));
        Assert.Contains("Weir:Grpc:Listen: 8081 is no address; use host:port", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>Answers when the test says so.</summary>
    private sealed class HeldRuling : IRateLimitRuling
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<RateLimitResponse> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<RateLimitResponse> DecideAsync(RateLimitRequest request, ApiKey? caller)
        {
            Asked.TrySetResult();
            return new(Answer.Task);
        }
    }
}
