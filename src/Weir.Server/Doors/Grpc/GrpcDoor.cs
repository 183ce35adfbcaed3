using System.Net;
using Grpc.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Weir.Server;

/// <summary>The gRPC door: Envoy asks for decisions. It is off until <c>Weir:Grpc:Listen</c> is set.</summary>
internal sealed class GrpcDoor(DoorAddress address) : Door(address)
{
    public override string Name => "grpc";

    public override void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddSingleton<RateLimitService>();
        services.AddSingleton<QuotaBuckets>();
        services.AddSingleton<RateLimitQuotaService>();
        services.AddSingleton<GrpcHealth>();
        services.AddSingleton<GrpcGuard>();
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = GrpcBounds.MaxMessage;
            // Other paths are answered by GrpcGate, on this door alone.
            options.IgnoreUnknownServices = true;
        })
            .AddServiceOptions<RateLimitQuotaService>(options =>
            {
                // One message reports all buckets of a client.
                options.MaxReceiveMessageSize = GrpcBounds.MaxReport;
                options.Interceptors.Add<GrpcGuard>();
            })
            .AddServiceOptions<GrpcHealth>(options => options.Interceptors.Add<GrpcGuard>())
            .AddServiceOptions<ReflectionServiceImpl>(options => options.Interceptors.Add<GrpcGuard>());
        services.AddGrpcReflection();
    }

    /// <summary>Maps the services if the door is on. Call after <see cref="OtherMethods.Map"/>, so that no 405 is
    /// mapped for their paths.</summary>
    public static void Map(WebApplication app)
    {
        if (app.Services.GetService<GrpcDoor>() is null)
            return;
        app.MapGrpcService<RateLimitService>().WithMetadata(Access.ToTakeByGrpc);
        app.MapGrpcService<RateLimitQuotaService>().WithMetadata(Access.ToTakeByGrpc);
        app.MapGrpcService<GrpcHealth>().WithMetadata(Access.ToAllByGrpc);
        app.MapGrpcReflectionService().WithMetadata(Access.ToAllByGrpc);
    }

    protected override EndPoint EndPointOf(DoorAddress address) => new GrpcEndPoint(address.Host, address.Port);

    /// <summary>HTTP/2 without TLS, by prior knowledge: every gRPC client speaks it.</summary>
    protected override void Use(ListenOptions listening) => listening.Protocols = HttpProtocols.Http2;
}
