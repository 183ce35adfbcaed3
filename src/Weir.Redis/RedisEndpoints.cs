using System.Globalization;
using System.Security.Authentication;
using System.Text.RegularExpressions;

namespace Weir.Redis;

/// <summary>Parses <see cref="RedisOptions.Endpoints"/>. Errors quote no part, which may contain a password.</summary>
internal sealed partial class RedisEndpoints
{
    private const int DefaultPort = 6379;
    private const int MaxDatabase = 65_535;
    private const string Forms =
        "use host:port or redis://[user:password@]host:port[/database], several separated by commas";

    private readonly List<string> _faults = [];
    private string? _user;
    private string? _password;
    private bool? _ssl;
    private int? _database;

    public RedisEndpoints(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i].Length > 0 && FaultOf(parts[i]) is { } fault)
                _faults.Add($"{(parts.Length == 1 ? "it" : $"part {i + 1}")} {fault}");
        }

        if (_faults.Count == 0 && Hosts.Count == 0)
            _faults.Add($"it names no server; {Forms}");
    }

    public List<(string Host, int Port)> Hosts { get; } = [];

    public string? User => _user;

    public string? Password => _password;

    /// <summary>True for TLS; null if neither a URL scheme nor the option <c>ssl</c> is given.</summary>
    public bool? Ssl => _ssl;

    public int? Database => _database;

    public string? ServiceName { get; private set; }

    public string? SentinelUser { get; private set; }

    public string? SentinelPassword { get; private set; }

    public string? SslHost { get; private set; }

    public SslProtocols? SslProtocols { get; private set; }

    public bool? CheckCertificateRevocation { get; private set; }

    public IReadOnlyList<string> Faults => _faults;

    private string? FaultOf(string part)
    {
        if (Option().Match(part) is { Success: true } option)
            return FaultOfOption(option.Groups[1].Value.ToUpperInvariant(), option.Groups[2].Value);
        int scheme = part.IndexOf("://", StringComparison.Ordinal);
        return scheme < 0 ? FaultOfHost(part) : FaultOfUrl(part[..scheme], part[(scheme + 3)..]);
    }

    private string? FaultOfHost(string part)
    {
        if (part.Contains('@'))
            return $"has an @, but is not a URL; {Forms}";
        return TryAddHost(part, isPortNeeded: true) ? null
            : $"is not host:port, with a port from 1 to {ushort.MaxValue}; {Forms}";
    }

    private string? FaultOfUrl(string scheme, string rest)
    {
        if (scheme is not ("redis" or "rediss"))
            return "has another scheme than redis:// and rediss://; " + Forms;
        // The last @ ends the credentials: a password may contain any character but a comma, even an unescaped @.
        int at = rest.LastIndexOf('@');
        if (at >= 0 && FaultOfCredentials(rest[..at]) is { } fault)
            return fault;
        string[] place = rest[(at + 1)..].Split('/', 2);
        if (place[^1].AsSpan().ContainsAny('?', '#'))
            return "has a query (?) or a fragment (#); leave it out";
        if (!TryAddHost(place[0], isPortNeeded: false))
            return $"names no host, or a port that is not from 1 to {ushort.MaxValue}; {Forms}";
        if (place.Length == 2 && place[1].Length > 0 && !IsDatabase(place[1]))
            return $"has something else than one database number, from 0 to {MaxDatabase}, after its /; write a / in a "
                + "password as %2F";
        return Agrees(ref _ssl, scheme == "rediss") ? null
            : "and another part do not agree on TLS; use redis:// or rediss:// for all";
    }

    private string? FaultOfCredentials(string text)
    {
        int colon = text.IndexOf(':');
        if (colon < 0 || colon == text.Length - 1)
            return "has a user without a password; use redis://user:password@host:port, or redis://:password@host:port";
        bool agree = colon == 0 || Agrees(ref _user, Uri.UnescapeDataString(text[..colon]));
        return agree & Agrees(ref _password, Uri.UnescapeDataString(text[(colon + 1)..])) ? null
            : "and another part do not agree on user and password";
    }

    private string? FaultOfOption(string name, string value)
    {
        bool isRight = name switch
        {
            "SERVICENAME" => Is(ServiceName = value),
            "USER" => Is(value) && Agrees(ref _user, value),
            "PASSWORD" => Is(value) && Agrees(ref _password, value),
            "SENTINELUSER" => Is(SentinelUser = value),
            "SENTINELPASSWORD" => Is(SentinelPassword = value),
            "SSLHOST" => Is(SslHost = value),
            "SSL" => bool.TryParse(value, out bool ssl) && Agrees(ref _ssl, ssl),
            "CHECKCERTIFICATEREVOCATION" =>
                Is(CheckCertificateRevocation = bool.TryParse(value, out bool check) ? check : null),
            "SSLPROTOCOLS" => Is(SslProtocols = ProtocolsOf(value)),
            _ => false,
        };
        return isRight ? null
            : "is no option, or has a value that does not fit; the options are serviceName, user, password, ssl, "
                + "sslHost, sslProtocols, checkCertificateRevocation, sentinelUser and sentinelPassword";
    }

    private bool IsDatabase(string text) =>
        int.TryParse(text, NumberStyles.None, null, out int number) && number <= MaxDatabase
            && Agrees(ref _database, number);

    private bool TryAddHost(string text, bool isPortNeeded)
    {
        var match = HostAndPort().Match(text);
        int port = DefaultPort;
        bool isPort = match.Groups[2].Success ? int.TryParse(match.Groups[2].Value, out port) : !isPortNeeded;
        if (!match.Success || !isPort || port is < 1 or > ushort.MaxValue)
            return false;
        Hosts.Add((match.Groups[1].Value.Trim('[', ']'), port));
        return true;
    }

    private static bool Agrees<T>(ref T? known, T value)
    {
        bool agrees = known is null || known.Equals(value);
        known ??= value;
        return agrees;
    }

    private static bool Is(string value) => value.Length > 0;

    private static bool Is<T>(T? value)
        where T : struct => value is not null;

    private static SslProtocols? ProtocolsOf(string text)
    {
        var all = System.Security.Authentication.SslProtocols.None;
        foreach (string name in text.Split('|'))
        {
            if (!Enum.TryParse(name, ignoreCase: true, out SslProtocols one) || int.TryParse(name, out _))
                return null;
            all |= one;
        }

        return all;
    }

    [GeneratedRegex(@"^([A-Za-z]+)=(.*)$", RegexOptions.Singleline)]
    private static partial Regex Option();

    [GeneratedRegex(@"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$")]
    private static partial Regex HostAndPort();
}
