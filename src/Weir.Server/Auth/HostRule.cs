using System.Net;

namespace Weir.Server;

/// <summary>Rejects unknown <c>Host</c> headers, so that web pages cannot use DNS rebinding.</summary>
internal sealed class HostRule
{
    private readonly string[]? _allowed;
    private volatile string? _lastAllowed;

    private HostRule(string[]? allowed) => _allowed = allowed;

    /// <summary>
    /// Allows this machine's names and <c>AllowedHosts</c>. If <c>AllowedHosts</c> is not set, allows every host when
    /// callers need a key or other machines can connect.
    /// </summary>
    public static HostRule Of(AccessRule rule, IReadOnlyList<string> reachable, string? allowedHosts)
    {
        string[] more = ListenAddresses.Parts(allowedHosts);
        bool isAny = more.Length == 0 ? !rule.AnonymousMayTake || reachable.Count > 0 : more.Contains("*");
        return new HostRule(isAny ? null : ["localhost", "*.localhost", Environment.MachineName, Dns.GetHostName(), .. more]);
    }

    public Complaint? Complaint(HttpRequest request)
    {
        // Compare references first: Kestrel reuses the string of an unchanged header on a connection.
        string? host = request.Headers.Host;
        if (_allowed is null || string.IsNullOrEmpty(host) || ReferenceEquals(host, _lastAllowed))
            return null;
        if (!IsAllowed(request.Host.Host))
            return new Complaint("Host", "Host is none that this server answers to: use localhost on the machine itself, or list the host in the setting AllowedHosts");
        _lastAllowed = host;
        return null;
    }

    private bool IsAllowed(string host) =>
        (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address))
        || _allowed!.Any(allowed => allowed.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)
            : host.Equals(allowed, StringComparison.OrdinalIgnoreCase));
}
