using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>A channel to the gRPC door of a running server.</summary>
internal sealed partial class GrpcClient : IDisposable
{
    public const string Listen = "Weir:Grpc:Listen=127.0.0.1:0";

    public GrpcClient(RunningServer server)
        : this(server.Services.GetRequiredService<GrpcDoor>().Address)
    {
    }

    private GrpcClient(string address) => Channel = GrpcChannel.ForAddress($"http://{address}");

    public GrpcChannel Channel { get; }

    /// <summary>Opens a channel to a server in a process of its own, by its banner.</summary>
    public static async Task<GrpcClient> OpenAsync(ServerProcess server)
    {
        await Until.TrueAsync(() => Door().IsMatch(server.Output), () => server.Output);
        return new GrpcClient(Door().Match(server.Output).Groups[1].Value);
    }

    /// <summary>Makes a descriptor of entries such as <c>key=k</c>.</summary>
    public static RateLimitDescriptor Of(params string[] entries)
    {
        var descriptor = new RateLimitDescriptor();
        foreach (string entry in entries)
        {
            string[] parts = entry.Split('=', 2);
            descriptor.Entries.Add(new RateLimitDescriptor.Types.Entry { Key = parts[0], Value = parts[1] });
        }

        return descriptor;
    }

    public static RateLimitRequest Request(string domain, params RateLimitDescriptor[] descriptors)
    {
        var request = new RateLimitRequest { Domain = domain };
        request.Descriptors.AddRange(descriptors);
        return request;
    }

    public Task<RateLimitResponse> AskAsync(RateLimitRequest request, string? key = null, TimeSpan? within = null)
    {
        var metadata = new Metadata();
        if (key is not null)
            metadata.Add("authorization", $"Bearer {key}");
        var options = new CallOptions(metadata, within is { } time ? DateTime.UtcNow + time : null);
        return Channel.CreateCallInvoker().AsyncUnaryCall(RateLimitMethods.ShouldRateLimit, null, options, request).ResponseAsync;
    }

    public Task<RateLimitResponse> AskAsync(string domain, params RateLimitDescriptor[] descriptors) =>
        AskAsync(Request(domain, descriptors));

    /// <summary>Returns the status with which a request fails.</summary>
    public async Task<Status> FailAsync(RateLimitRequest request, string? key = null, TimeSpan? within = null) =>
        (await Assert.ThrowsAsync<RpcException>(() => AskAsync(request, key, within))).Status;

    public void Dispose() => Channel.Dispose();

    [GeneratedRegex("  grpc +([0-9.:]+)\\s")]
    private static partial Regex Door();
}
