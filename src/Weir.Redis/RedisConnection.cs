using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Configures and opens connections that fail fast while Redis is down, and come back quickly.</summary>
internal static class RedisConnection
{
    public const int RetryMs = 250;

    public static ConfigurationOptions Configure(RedisOptions options)
    {
        var endpoints = new RedisEndpoints(options.Endpoints);
        if (endpoints.Faults.Concat(options.FindFaults()).FirstOrDefault() is { } fault)
            throw new ArgumentException(fault, nameof(options));
        var configuration = new ConfigurationOptions
        {
            Defaults = new CurrentPassword(options, endpoints),
            User = options.User ?? endpoints.User,
            Ssl = options.Ssl ?? endpoints.Ssl ?? false,
            SslHost = endpoints.SslHost,
            SslProtocols = endpoints.SslProtocols,
            ServiceName = endpoints.ServiceName,
            SentinelUser = endpoints.SentinelUser,
            SentinelPassword = endpoints.SentinelPassword,
        };
        foreach (var (host, port) in endpoints.Hosts)
            configuration.EndPoints.Add(host, port);
        if (endpoints.CheckCertificateRevocation is { } check)
            configuration.CheckCertificateRevocation = check;
        configuration.SslClientAuthenticationOptions = RedisTls.Of(options, configuration);
        configuration.DefaultDatabase = options.Database ?? endpoints.Database ?? 0;
        configuration.ClientName = "weir";
        // Needs no rights outside of the prefix, and no command that some versions of Redis 7 lack.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        configuration.SetClientLibrary = false;
        configuration.CommandMap = CommandMap.Create(["CONFIG"], available: false);
        // Redis may start after Weir. Sentinels must be reachable, because they name the master: the caller retries.
        configuration.AbortOnConnectFail = configuration.ServiceName is not null;
        // Fails a request without a connection at once: a queued request would miss its deadline, but be spent.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ConnectTimeout = 1_000;
        configuration.ConnectRetry = 1;
        configuration.ReconnectRetryPolicy = new LinearRetry(RetryMs);
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(RetryMs);
        configuration.ConfigCheckSeconds = 1;
        // Timeout after which a connection without replies is replaced. Decisions have a shorter deadline.
        int patience = RetryMs + (int)Math.Max(1_000, options.Deadline.TotalMilliseconds);
        configuration.AsyncTimeout = patience;
        configuration.SyncTimeout = patience;
        configuration.IncludeDetailInExceptions = false;
        return configuration;
    }

    /// <summary>Opens the general client, through Sentinels if configured. Dispose the client first.</summary>
    /// <remarks>On its own, the client would take silent Sentinels for Redis, and leak connections to them.</remarks>
    public static async Task<(ConnectionMultiplexer Redis, ConnectionMultiplexer? Sentinels)> OpenAsync(ConfigurationOptions configuration, NodeConnections nodes)
    {
        if (configuration.ServiceName is null)
            return (await ConnectionMultiplexer.ConnectAsync(nodes.OfClient()).ConfigureAwait(false), null);
        var asked = configuration.Clone();
        (asked.User, asked.Password) =
            (configuration.SentinelUser, ((CurrentPassword)configuration.Defaults).OfSentinels);
        var sentinels = await ConnectionMultiplexer.SentinelConnectAsync(asked).ConfigureAwait(false);
        try
        {
            return (await Task.Run(() => sentinels.GetSentinelMasterConnection(nodes.OfClient())).ConfigureAwait(false), sentinels);
        }
        catch
        {
            await sentinels.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
