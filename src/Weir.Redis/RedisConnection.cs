using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Makes the connection that the store wants: it fails fast while it is down, and is quick to come back.
/// </summary>
internal static class RedisConnection
{
    /// <summary>How often a lost connection is tried again, and how often a live one is looked after.</summary>
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
        // A user needs rights to no more than what decisions need: to nothing outside of the prefix, and to no command
        // that not every Redis 7 has.
        configuration.TieBreaker = "";
        configuration.ConfigurationChannel = "";
        configuration.SetClientLibrary = false;
        configuration.CommandMap = CommandMap.Create(["CONFIG"], available: false);
        // Redis may start later than Weir. Sentinels must be there, because they name it: opening is tried again until
        // they are.
        configuration.AbortOnConnectFail = configuration.ServiceName is not null;
        // A request that waits in a backlog has missed its deadline when its turn comes, and would be spent all the
        // same.
        configuration.BacklogPolicy = BacklogPolicy.FailFast;
        configuration.ConnectTimeout = 1_000;
        configuration.ConnectRetry = 1;
        configuration.ReconnectRetryPolicy = new LinearRetry(RetryMs);
        configuration.HeartbeatInterval = TimeSpan.FromMilliseconds(RetryMs);
        // How often it asks which nodes are masters, in seconds.
        configuration.ConfigCheckSeconds = 1;
        // Decisions have a shorter deadline. This one decides when a connection without replies is replaced.
        int patience = RetryMs + (int)Math.Max(1_000, options.Deadline.TotalMilliseconds);
        configuration.AsyncTimeout = patience;
        configuration.SyncTimeout = patience;
        configuration.IncludeDetailInExceptions = false;
        return configuration;
    }

    /// <summary>
    /// Opens the general client; by way of the Sentinels, if there are any, which are then to be disposed after it.
    /// </summary>
    /// <param name="configuration">How to reach Redis or its Sentinels.</param>
    /// <param name="nodes">Opens connections to Redis.</param>
    /// <remarks>
    /// The client could do both at once, but takes Sentinels that do not answer for Redis itself, and keeps a
    /// connection to them for each time that Redis did not answer.
    /// </remarks>
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
