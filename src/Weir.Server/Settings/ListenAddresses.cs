using System.Globalization;
using System.Net;

namespace Weir.Server;

/// <summary>
/// Reads and checks listen addresses. Both <c>urls</c> and <c>Kestrel:Endpoints</c> are checked, even if one overrides
/// the other. Ports are used only without <c>urls</c>, and <c>PORT</c> only if no other setting has an address.
/// </summary>
internal static class ListenAddresses
{
    public const string DefaultUrl = "http://localhost:3000";

    private static readonly string[] OfHost = ["urls", "http_ports", "https_ports"];

    private const string Forms = "use http://host:port, several separated by semicolons";

    /// <summary>Returns the address from <c>PORT</c> or the default; null if another setting has an address.</summary>
    public static string? Fallback(IConfiguration configuration) =>
        IsConfigured(configuration) ? null
            : Given(configuration["PORT"]) is { } port ? $"http://+:{port.Trim()}"
            : DefaultUrl;

    public static IEnumerable<string> FaultsOf(IConfiguration configuration) =>
    [
        .. FaultsOf("urls", configuration["urls"]),
        .. from port in Parts(configuration["http_ports"])
           where !IsPort(port)
           select $"http_ports: {ShownValue.Of(port)} is not a port; use 0 to {ushort.MaxValue}, several separated "
               + "by semicolons",
        .. from port in Parts(configuration["https_ports"]).Take(1)
           select "https_ports: Weir does not speak TLS; use http_ports, with a proxy in front",
        .. from endpoint in Endpoints(configuration)
           let fault = endpoint["Url"] is { } url ? FaultOf(url) : "it is missing; use http://host:port"
           where fault is not null
           select $"{ShownValue.Section(endpoint.Path)}:Url: {fault}",
        .. from port in IsConfigured(configuration) ? [] : Parts(configuration["PORT"])
           where !IsPort(port)
           select $"PORT: {ShownValue.Of(port)} is not a port; use 0 to {ushort.MaxValue}",
    ];

    public static IEnumerable<string> FaultsOf(string setting, string? urls) =>
        from url in Parts(urls)
        let fault = FaultOf(url)
        where fault is not null
        select $"{setting}: {fault}";

    /// <summary>Returns the public addresses to listen on; empty if <c>Kestrel:Endpoints</c> has them.</summary>
    public static IReadOnlyList<string> Public(IConfiguration configuration) =>
        Endpoints(configuration).Any() ? []
        : Parts(configuration["urls"]) is { Length: > 0 } urls ? urls
        : Parts(configuration["http_ports"]) is { Length: > 0 } ports ? [.. ports.Select(port => $"http://*:{port}")]
        : [Fallback(configuration)!];

    /// <summary>Describes settings that expose Weir to other machines, such as <c>urls has "http://+:80"</c>.</summary>
    public static IReadOnlyList<string> Reachable(IConfiguration configuration) =>
        [.. ReachableByHttp(configuration), .. DoorAddress.ReachableIn(configuration)];

    /// <summary>Returns the same settings as <see cref="Reachable"/>, without doors of other protocols.</summary>
    public static IReadOnlyList<string> ReachableByHttp(IConfiguration configuration) =>
        [.. OfUrls(configuration), .. OfEndpoints(configuration)];

    /// <summary>The addresses of this machine alone to use in place of reachable ones.</summary>
    public static string Local(IConfiguration configuration)
    {
        string[] doors = [.. DoorAddress.LocalIn(configuration)];
        bool isByHttp = doors.Length == 0 || ReachableByHttp(configuration).Count > 0;
        return string.Join(", and ", isByHttp ? [DefaultUrl, .. doors] : doors);
    }

    public static IReadOnlyList<string> All(IConfiguration configuration) =>
    [
        .. Parts(configuration["urls"]) is { Length: > 0 } urls ? urls
            : Parts(configuration["http_ports"]).Select(port => $"http://+:{port}"),
        .. Endpoints(configuration).Select(endpoint => endpoint["Url"] ?? ""),
        .. Fallback(configuration) is { } fallback ? new[] { fallback } : [],
    ];

    private static IEnumerable<string> OfUrls(IConfiguration configuration)
    {
        // As in the host, ports are used only without urls, and a port stands for every address.
        if (Parts(configuration["urls"]) is { Length: > 0 } urls)
            return urls.Where(url => FaultOf(url) is null && IsReachable(url))
                .Select(url => $"urls has {ShownValue.Url(url)}");
        return from setting in (string[])(IsConfigured(configuration) ? ["http_ports"] : ["PORT"])
               from port in Parts(configuration[setting])
               where IsPort(port)
               select $"{setting} has {ShownValue.Of(port)}, on every address";
    }

    private static IEnumerable<string> OfEndpoints(IConfiguration configuration) =>
        from endpoint in Endpoints(configuration)
        where endpoint["Url"] is not { } url || (FaultOf(url) is null && IsReachable(url))
        select $"{ShownValue.Section(endpoint.Path)}:Url is {ShownValue.Url(endpoint["Url"] ?? "")}";

    private static IEnumerable<IConfigurationSection> Endpoints(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren();

    private static bool IsConfigured(IConfiguration configuration) =>
        OfHost.Any(setting => Given(configuration[setting]) is not null) || Endpoints(configuration).Any();

    private static string? FaultOf(string url)
    {
        if (ShownValue.HasCredentials(url))
            return $"an address has a user or an @; {Forms}";
        if (Parse(url) is not { } address || IsNoHost(address))
            return $"{ShownValue.Url(url)} is not a URL; {Forms}";
        string? fault =
            address.IsNamedPipe && !OperatingSystem.IsWindows() ? $"is a named pipe, which only Windows has; {Forms}"
            : address.Scheme != Uri.UriSchemeHttp ? $"does not begin with http://; {Forms}, and a proxy for TLS"
            : address.PathBase.Length > 0 ? "has a path; leave it out: Weir answers at the root of an address"
            : address.Port is < 0 or > ushort.MaxValue ? $"has no port from 0 to {ushort.MaxValue}; {Forms}"
            : null;
        return fault is null ? null : $"{ShownValue.Url(url)} {fault}";
    }

    /// <summary>True for a host with a colon outside brackets: the colon belongs to an invalid port.</summary>
    private static bool IsNoHost(BindingAddress address) =>
        !address.IsUnixPipe && !address.IsNamedPipe && address.Host.Contains(':') && !address.Host.StartsWith('[');

    private static bool IsReachable(string url) =>
        Parse(url) is { } address && !address.IsUnixPipe && !address.IsNamedPipe && !IsLoopback(address.Host);

    private static BindingAddress? Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>True for localhost or a loopback IP. Every other host name stands for all addresses.</summary>
    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsPort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static string? Given(string? setting) => string.IsNullOrWhiteSpace(setting) ? null : setting;

    public static string[] Parts(string? setting) => (setting ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
