using System.Net;
using System.Net.Sockets;

namespace Weir.Cli.Load;

/// <summary>Resolves the name once, not for every user.</summary>
internal sealed record Target(Uri Url, IPEndPoint Address)
{
    /// <summary>The API key to send; null for none. Never shown.</summary>
    public string? Key { get; init; }

    public bool Tls => Url.Scheme == Uri.UriSchemeHttps;

    public static async Task<Target> ResolveAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(url.DnsSafeHost, cancellation).ConfigureAwait(false);
            // A service on loopback mostly listens on IPv4.
            var address = addresses.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? addresses.FirstOrDefault();
            return address is null ? throw Unknown(url) : new Target(url, new IPEndPoint(address, url.Port));
        }
        catch (SocketException)
        {
            throw Unknown(url);
        }
    }

    private static LoadException Unknown(Uri url) => new($"--url: the host {url.Host} has no address. Check its spelling.");
}
