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

    /// <summary>Connections that wait to be accepted: a crowd fits, such as after a restart.</summary>
    private const int Backlog = 4_096;

    public static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Minimum bytes per second of a body after <see cref="Grace"/>: 64 KiB take at most 21 s.</summary>
    public const double LeastBodyRate = 4_096;

    /// <summary>Minimum bytes per second at which an answer must be read after <see cref="Grace"/>.</summary>
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
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            SetLimits(kestrel.Limits);
            KestrelSettings.Bind(builder.Configuration, kestrel);
            // Not read again while running: whether other machines can reach the service was judged at the start.
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
                Options.Create(new SocketTransportOptions { Backlog = Backlog, UnsafePreferInlineScheduling = true, MaxReadBufferSize = RespBounds.WindowBytes }),
                services.GetRequiredService<ILoggerFactory>()),
            services.GetRequiredService<ConnectionBounds>()));
    }

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.Http2.MaxStreamsPerConnection = GrpcBounds.MaxStreams;
        limits.MinRequestBodyDataRate = new MinDataRate(LeastBodyRate, Grace);
        limits.MinResponseDataRate = new MinDataRate(LeastReadRate, Grace);
        // Twice the bound of any path, since chunks count here with their framing.
        limits.MaxRequestBodySize = 2 * PolicyDocument.MaxBytes;
    }

    // Lists the public addresses, too: code that listens overrules the host's own settings of addresses.
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
