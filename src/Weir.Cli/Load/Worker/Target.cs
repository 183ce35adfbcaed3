using System.Net;
using System.Net.Sockets;

namespace Weir.Cli.Load;

/// <summary>Server to load, with its address resolved once for all users.</summary>
internal sealed record Target(Uri Url, IPEndPoint Address)
{
    /// <summary>API key to send; null for none. Never printed.</summary>
    public string? Key { get; init; }

    public bool Tls => Url.Scheme == Uri.UriSchemeHttps;

    public static async Task<Target> ResolveAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(url.DnsSafeHost, cancellation).ConfigureAwait(false);
            // Prefer IPv4, because most services on loopback listen on IPv4.
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
