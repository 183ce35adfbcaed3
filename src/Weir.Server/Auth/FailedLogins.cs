using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace Weir.Server;

/// <summary>Answers requests with an invalid key: 401, or 429 above the limit of the client address.</summary>
internal sealed partial class FailedLogins : IDisposable
{
    /// <summary>Maximum burst of failures from one address; the refill rate is one per second.</summary>
    public const int Burst = 10;

    public const int MaxAddresses = 16_384;

    /// <summary>Bytes of an IPv6 address that identify a customer: providers assign a whole /64 to each.</summary>
    private const int Ipv6PrefixBytes = 8;

    private readonly RateLimiter _limiter;
    private readonly OncePerMinute _log;
    private readonly ILogger _logger;
    private readonly Meter _meter = new(DecisionMetrics.MeterName);
    private readonly Counter<long> _failures;

    public FailedLogins(TimeProvider time, ILogger<FailedLogins> logger)
    {
        _log = new OncePerMinute(time);
        _logger = logger;
        var policies = PolicyDocument.Parse($"defaultPlan: logins\nplans: {{ logins: {{ limits: {{ failures: {{ by: [key], rate: 1/s, burst: {Burst} }} }} }} }}\n", "failed logins");
        _limiter = new RateLimiter(policies, new MemoryStore(new MemoryStoreOptions { MaxKeys = MaxAddresses }, time), time);
        _failures = _meter.CreateCounter<long>("weir.auth.failures", "{failure}", "Requests with a key that opens nothing, by whether they were past the limit of their address.");
    }

    public Task AnswerAsync(HttpContext http) => Count(http.Connection.RemoteIpAddress) is { } retryAfter
        ? Problems.TooManyFailures(http, retryAfter)
        : Problems.Unauthorized(http);

    /// <summary>Counts a failure. Returns the time to wait if the address is above its limit; else null.</summary>
    public TimeSpan? Count(IPAddress? from)
    {
        string address = Group(from);
        // The memory store decides at once, so no result is pending.
        _limiter.Begin(new RequestFacts(RequestFacts.DefaultTenant, address), spend: true, out var decision);
        _failures.Add(1, new KeyValuePair<string, object?>("limited", !decision.Allowed));
        if (_log.TryPass(out long times))
            Failed(times, address);
        return decision.Allowed ? null : decision.RetryAfter ?? Problems.OutagePatience;
    }

    public void Dispose() => _meter.Dispose();

    internal static string Group(IPAddress? address)
    {
        if (address is null)
            return "local";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(Ipv6PrefixBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    [LoggerMessage(80, LogLevel.Warning, "Requests with an invalid key: {Count}, the last from {Address}. Logged at most once a minute; weir_auth_failures_total counts them")]
    private partial void Failed(long count, string address);
}
