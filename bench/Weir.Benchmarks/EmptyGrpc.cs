using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weir.Server;
using Weir.Server.Envoy;

namespace Weir.Benchmarks;

/// <summary>Envoy's method on a plain host: reads the request, decides nothing, and answers an empty message.</summary>
internal static class EmptyGrpc
{
    public static async Task RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Service>();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.ListenLocalhost(port, listening => listening.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.MapGrpcService<Service>();
        await app.RunAsync();
    }

    private sealed class Service : RateLimitServiceBase
    {
        public override Task<RateLimitResponse> ShouldRateLimit(RateLimitRequest request, ServerCallContext context) =>
            Task.FromResult(new RateLimitResponse());
    }
}
