using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Weir.Server;

internal static class Listening
{
    public const int MostByDefault = 20_000;

    /// <summary>Maximum number of connections that wait to be accepted, enough for a burst after a restart.</summary>
    private const int Backlog = 4_096;

    public static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Minimum bytes per second of a body after <see cref="Grace"/>: 64 KiB take at most 21 s.</summary>
    public const double LeastBodyRate = 4_096;

    /// <summary>Minimum bytes per second that a client must read of an answer after <see cref="Grace"/>.</summary>
    public const double LeastReadRate = 16_384;

    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void Configure(WebApplicationBuilder builder, WeirOptions options)
    {
        var doors = Door.Of(options);
        foreach (var door in doors)
        {
            door.AddTo(builder.Services);
            builder.Services.AddSingleton(door);
        }

        builder.WebHost.UseSockets(sockets => sockets.Backlog = Backlog);
        string[] management = ListenAddresses.Parts(options.Management.Urls);
        var urls = ListenAddresses.Public(builder.Configuration);
        bool isByCode = management.Length > 0 || doors.Count > 0;
        if (isByCode)
            DropAddresses(builder);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = OriginalEncoding.Of;
            SetLimits(kestrel.Limits);
            KestrelSettings.Bind(builder.Configuration, kestrel);
            // Disable reloads, because the check of public addresses runs only at startup.
            kestrel.Configure(builder.Configuration.GetSection("Kestrel"), reloadOnChange: false);
            if (isByCode)
                ListenApart(kestrel, urls, doors, management);
        });
        builder.Services.AddSingleton(services => new ConnectionBounds(
            options.Limits.Connections ?? Math.Min(MostByDefault, OpenFiles.RoomForConnections() ?? MostByDefault),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<ConnectionBounds>>()));
        builder.Services.RemoveAll<IConnectionListenerFactory>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new BoundedTransport(
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(services),
            new SocketTransportFactory(
                Options.Create(new SocketTransportOptions
                {
                    Backlog = Backlog,
                    UnsafePreferInlineScheduling = true,
                    MaxReadBufferSize = RespBounds.WindowBytes,
                    CreateBoundListenSocket = RespSockets.Listen,
                }),
                services.GetRequiredService<ILoggerFactory>()),
            services.GetRequiredService<ConnectionBounds>()));
    }

    // Gives the host an empty list of addresses: the code lists them all, and the server would warn of both. The host
    // takes an empty text for none given, and the addresses from elsewhere.
    private static void DropAddresses(WebApplicationBuilder builder)
    {
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, ";");
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
    }

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.Http2.MaxStreamsPerConnection = GrpcBounds.MaxStreams;
        limits.MinRequestBodyDataRate = new MinDataRate(LeastBodyRate, Grace);
        limits.MinResponseDataRate = new MinDataRate(LeastReadRate, Grace);
        // Use twice the largest body limit, because this limit also counts the framing of chunks.
        limits.MaxRequestBodySize = 2 * PolicyDocument.MaxBytes;
    }

    // Listens on the public, RESP and management addresses. Includes the public ones: any listener in code disables
    // the host's settings.
    private static void ListenApart(
        KestrelServerOptions kestrel, IReadOnlyList<string> urls, IReadOnlyList<Door> doors, string[] management)
    {
        foreach (var address in urls.Select(BindingAddress.Parse))
            Listen(kestrel, address);
        foreach (var door in doors)
            door.ListenOn(kestrel);
        foreach (var address in management.Select(BindingAddress.Parse))
            kestrel.Listen(new ManagementEndPoint(IpOf(address), address.Port));
    }

    private static void Listen(KestrelServerOptions kestrel, BindingAddress address)
    {
        if (address.IsUnixPipe)
            kestrel.ListenUnixSocket(address.UnixPipePath);
        else if (IsLocalhost(address))
            kestrel.ListenLocalhost(address.Port);
        else if (IPAddress.TryParse(address.Host, out var ip))
            kestrel.Listen(ip, address.Port);
        else
            kestrel.ListenAnyIP(address.Port);
    }

    private static IPAddress IpOf(BindingAddress address) =>
        IsLocalhost(address) ? IPAddress.Loopback : IPAddress.TryParse(address.Host, out var ip) ? ip : IPAddress.IPv6Any;

    private static bool IsLocalhost(BindingAddress address) => address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
