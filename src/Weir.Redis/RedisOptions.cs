namespace Weir.Redis;

/// <summary>Options of the Redis store: the connection, the keys and the deadline.</summary>
public sealed class RedisOptions
{
    /// <summary>Default of <see cref="Deadline"/>: 15 ms.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromMilliseconds(15);

    /// <summary>Default of <see cref="LeaseHorizon"/>: 20 ms.</summary>
    public static readonly TimeSpan DefaultLeaseHorizon = TimeSpan.FromMilliseconds(20);

    /// <summary>Servers, separated by commas: <c>host:port</c> or <c>redis://[user:password@]host[:port][/database]</c>
    /// (<c>rediss://</c> for TLS). For a cluster, some of its nodes; for Sentinels, the Sentinels and
    /// <c>serviceName=</c> with the name of the master. Empty (the default) for no Redis.</summary>
    public string Endpoints { get; set; } = "";

    /// <summary>ACL user; null (the default) takes the user from <see cref="Endpoints"/>, if any.</summary>
    public string? User { get; set; }

    /// <summary>Password; null (the default) takes it from Endpoints. Never logged. May change at any time.</summary>
    public string? Password { get; set; }

    /// <summary>True for TLS. Null (the default) takes it from <see cref="Endpoints"/>, else no TLS.</summary>
    public bool? Ssl { get; set; }

    /// <summary>PEM file with the only trusted signers of the Redis certificate. Null (the default) trusts the signers
    /// of the machine. Read once.</summary>
    public string? CaFile { get; set; }

    /// <summary>PEM file with the client certificate and its intermediates. Null (the default) sends no certificate.
    /// Read once.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the unencrypted key of the client certificate; null (the default) if the key is in
    /// <see cref="CertificateFile"/>. Read once, never logged.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Prefix of every key, so that installations can share a Redis; default <c>weir</c>.</summary>
    public string Prefix { get; set; } = "weir";

    /// <summary>Hashes dimension values in keys; null (the default) keeps them readable.</summary>
    public KeyHash? Privacy { get; set; }

    /// <summary>Maximum of <see cref="Partitions"/>.</summary>
    public const int MaxPartitions = 512;

    /// <summary>Default of <see cref="Partitions"/> on a cluster.</summary>
    public const int PartitionsOnCluster = 64;

    /// <summary>Partitions per tenant, 1 to <see cref="MaxPartitions"/>; null (the default) for
    /// <see cref="PartitionsOnCluster"/> on a cluster, else 1. A partition's buckets lie in one slot of a cluster. Use
    /// the same number at all instances: a change moves buckets, which then begin empty.</summary>
    public int? Partitions { get; set; }

    /// <summary>Database number; a cluster has only 0. Null (the default) takes it from Endpoints, else 0.</summary>
    public int? Database { get; set; }

    /// <summary>Lifetime of leases, equal at all instances: 1 ms to 1 s; default 20 ms; zero for no leases.</summary>
    public TimeSpan LeaseHorizon { get; set; } = DefaultLeaseHorizon;

    /// <summary>Maximum known buckets, for leases and outages; default 131,072. Each takes about 400 bytes.</summary>
    public int KnownBuckets { get; set; } = Weir.KnownBuckets.Default;

    /// <summary>Seed of the hash of known buckets; null (the default) for a random seed. For tests only.</summary>
    internal long? HashSeed { get; set; }

    /// <summary>Number of instances to assume, including this one, until Redis reports it; 1 (the default) to
    /// 10,000.</summary>
    public int Instances { get; set; } = 1;

    /// <summary>Maximum bytes of idempotency records and reservations per tenant; default 128 MiB.</summary>
    public long AnswerBytes { get; set; } = MemoryStoreOptions.DefaultAnswerBytes;

    /// <summary>Maximum wait for Redis, 1 ms to 10 s; default 15 ms. A decision that lacks processor time waits up to
    /// 100 ms more.</summary>
    public TimeSpan Deadline { get; set; } = DefaultDeadline;

    /// <summary>The servers as <c>host:port</c>, without secrets, for messages.</summary>
    public IEnumerable<string> Hosts => new RedisEndpoints(Endpoints).Hosts.Select(host =>
        host.Host.Contains(':') ? $"[{host.Host}]:{host.Port}" : $"{host.Host}:{host.Port}");

    /// <summary>Returns the errors of these options, one sentence each, with the cure and without secrets.</summary>
    /// <param name="prefix">Text before each name of a setting; empty by default.</param>
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
