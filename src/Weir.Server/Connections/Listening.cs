using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Weir.Server;

/// <summary>Sets up what the service listens on, and the bounds of its connections.</summary>
internal static class Listening
{
    /// <summary>Connections by default, where descriptors allow more.</summary>
    public const int MostByDefault = 20_000;

    /// <summary>
    /// Connections that wait to be accepted: a crowd that connects at once, as after a restart, fits.
    /// </summary>
    private const int Backlog = 4_096;

    /// <summary>Time in which the headers of a request must arrive.</summary>
    public static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Bytes a second at which a body must arrive on average, after <see cref="Grace"/>: 64 KiB take at most 21 s.
    /// </summary>
    public const double LeastBodyRate = 4_096;

    /// <summary>Bytes a second at which an answer must be read on average, after <see cref="Grace"/>.</summary>
    public const double LeastReadRate = 16_384;

    /// <summary>Time in which a slow client is not measured.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static void Configure(WebApplicationBuilder builder, WeirOptions options)
    {
        var resp = RespDoor.Of(options);
        resp?.AddTo(builder.Services);
        builder.WebHost.UseSockets(sockets => sockets.Backlog = Backlog);
        string[] management = ListenAddresses.Parts(options.Management.Urls);
        var urls = ListenAddresses.Public(builder.Configuration);
        bool isByCode = management.Length > 0 || resp is not null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            SetLimits(kestrel.Limits);
            KestrelSettings.Bind(builder.Configuration, kestrel);
            // Not read again while running: whether other machines can reach the service was judged at the start.
            kestrel.Configure(builder.Configuration.GetSection("Kestrel"), reloadOnChange: false);
            if (isByCode)
                ListenApart(kestrel, urls, resp, management);
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

    /// <summary>Bounds for clients that send slowly, drip or never read.</summary>
    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(LeastBodyRate, Grace);
        limits.MinResponseDataRate = new MinDataRate(LeastReadRate, Grace);
        // Twice what any path takes, since chunks count here with their framing; each path has its exact bound.
        limits.MaxRequestBodySize = 2 * PolicyDocument.MaxBytes;
    }

    /// <summary>
    /// Listens on public addresses, on that of a door and on those of management. Code that listens overrules the
    /// host's own settings of addresses, so all are listed here.
    /// </summary>
    private static void ListenApart(
        KestrelServerOptions kestrel, IReadOnlyList<string> urls, RespDoor? resp, string[] management)
    {
        foreach (var address in urls.Select(BindingAddress.Parse))
            Listen(kestrel, address);
        resp?.ListenOn(kestrel);
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
