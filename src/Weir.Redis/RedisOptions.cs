namespace Weir.Redis;

/// <summary>Options of the Redis store: the connection, the keys and the deadline.</summary>
public sealed class RedisOptions
{
    /// <summary>The default of <see cref="Deadline"/>.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromMilliseconds(15);

    /// <summary>The default of <see cref="LeaseHorizon"/>.</summary>
    public static readonly TimeSpan DefaultLeaseHorizon = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Servers, separated by commas: <c>host:port</c> or <c>redis://[user:password@]host[:port][/database]</c>
    /// (<c>rediss://</c> for TLS). For a cluster, some of its nodes; for Sentinels, the Sentinels and
    /// <c>serviceName=</c> with the name of the master. Empty for no Redis.
    /// </summary>
    public string Endpoints { get; set; } = "";

    /// <summary>The ACL user; none by default.</summary>
    public string? User { get; set; }

    /// <summary>The password; none by default. Never logged. A change applies to new connections.</summary>
    public string? Password { get; set; }

    /// <summary>True for TLS. By default as in <see cref="Endpoints"/>, else false.</summary>
    public bool? Ssl { get; set; }

    /// <summary>PEM file with the only trusted signers of Redis; by default, the machine's. Read once.</summary>
    public string? CaFile { get; set; }

    /// <summary>PEM file with the client certificate and its intermediates; none by default. Read once.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>Unencrypted PEM key; by default in <see cref="CertificateFile"/>. Read once, never logged.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Beginning of every key, so that installations can share a Redis; <c>weir</c> by default.</summary>
    public string Prefix { get; set; } = "weir";

    /// <summary>Hashes the values in keys. Null, the default, keeps them readable.</summary>
    public KeyHash? Privacy { get; set; }

    /// <summary>The largest number of <see cref="Partitions"/>.</summary>
    public const int MaxPartitions = 512;

    /// <summary>The number of <see cref="Partitions"/> on a cluster, by default.</summary>
    public const int PartitionsOnCluster = 64;

    /// <summary>
    /// Partitions of each tenant, 1 to <see cref="MaxPartitions"/>. The buckets of a partition lie in one slot of a
    /// cluster. By default <see cref="PartitionsOnCluster"/> on a cluster, else 1. Use one number at all instances.
    /// Another number moves buckets, which then begin as new.
    /// </summary>
    public int? Partitions { get; set; }

    /// <summary>Database from 0; a cluster has only 0. By default as in <see cref="Endpoints"/>, else 0.</summary>
    public int? Database { get; set; }

    /// <summary>Lease lifetime, 1 ms to 1 s; 20 ms by default; zero for none. The same at all instances.</summary>
    public TimeSpan LeaseHorizon { get; set; } = DefaultLeaseHorizon;

    /// <summary>Maximum known buckets, for leases and outages; 131,072 by default. Each takes some 400 bytes.</summary>
    public int KnownBuckets { get; set; } = Weir.KnownBuckets.Default;

    /// <summary>Seed of the hash of known buckets; random by default. For tests.</summary>
    internal long? HashSeed { get; set; }

    /// <summary>Instances to assume, with this one, until Redis reports the number; 1 (default) to 10,000.</summary>
    public int Instances { get; set; } = 1;

    /// <summary>Maximum bytes per tenant of idempotency records and reservations; 128 MiB by default.</summary>
    public long AnswerBytes { get; set; } = MemoryStoreOptions.DefaultAnswerBytes;

    /// <summary>Maximum wait for Redis, 1 ms to 10 s; 15 ms by default. 100 ms more without processor time.</summary>
    public TimeSpan Deadline { get; set; } = DefaultDeadline;

    /// <summary>The servers as <c>host:port</c>, without secrets, for messages.</summary>
    public IEnumerable<string> Hosts => new RedisEndpoints(Endpoints).Hosts.Select(host =>
        host.Host.Contains(':') ? $"[{host.Host}]:{host.Port}" : $"{host.Host}:{host.Port}");

    /// <summary>Returns the errors of these options, one sentence each, with the cure and without secrets.</summary>
    /// <param name="prefix">Text before the name of a setting; empty by default.</param>
    public IEnumerable<string> FindFaults(string prefix = "")
    {
        var endpoints = new RedisEndpoints(Endpoints);
        foreach (string fault in Endpoints.Length == 0 ? [] : endpoints.Faults)
            yield return $"{prefix}{nameof(Endpoints)}: {fault}";
        if (Differ(User, endpoints.User))
            yield return Twice(nameof(User), "user");
        if (Differ(Password, endpoints.Password))
            yield return Twice(nameof(Password), "password");
        if (Differ(Database, endpoints.Database))
            yield return Twice(nameof(Database), "database");
        if (Differ(Ssl, endpoints.Ssl))
            yield return Twice(nameof(Ssl), "TLS");
        if (Partitions is < 1 or > MaxPartitions)
            yield return $"{prefix}{nameof(Partitions)}: {Partitions} is out of range; use 1 to {MaxPartitions}";
        if ((User ?? endpoints.User) is not (null or "default") && string.IsNullOrEmpty(Password ?? endpoints.Password))
            yield return $"{prefix}{nameof(User)}: a user without a password would be logged in as 'default'; set {prefix}{nameof(Password)} too";
        foreach (string fault in RedisTls.FaultsOf(this, prefix))
            yield return fault;

        string Twice(string setting, string what) =>
            $"{prefix}{setting}: {prefix}{nameof(Endpoints)} says something else about {what}; give it in one place";
    }

    private static bool Differ<T>(T? option, T? endpoint) =>
        option is not null && endpoint is not null && !option.Equals(endpoint);
}
