namespace Weir.Redis;

/// <summary>How to reach Redis and how long to wait for it.</summary>
public sealed class RedisOptions
{
    /// <summary>The default of <see cref="Deadline"/>.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromMilliseconds(15);

    /// <summary>The default of <see cref="LeaseHorizon"/>.</summary>
    public static readonly TimeSpan DefaultLeaseHorizon = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Servers as <c>host:port</c> or <c>redis://[user:password@]host[:port][/database]</c> (<c>rediss://</c>: over
    /// TLS), separated by commas: of a cluster, some of its nodes; of a Redis with Sentinels, the Sentinels, and
    /// <c>serviceName=</c> with its name there. Empty for no Redis.
    /// </summary>
    public string Endpoints { get; set; } = "";

    /// <summary>The ACL user; none by default.</summary>
    public string? User { get; set; }

    /// <summary>
    /// The password; none by default. Never logged. May change while a store runs: connections made later use the
    /// new one.
    /// </summary>
    public string? Password { get; set; }

    /// <summary>True to speak TLS. By default, as <see cref="Endpoints"/> say; else false.</summary>
    public bool? Ssl { get; set; }

    /// <summary>
    /// A PEM file with the only trusted signers of the certificate of Redis. By default, these are the ones that the
    /// machine trusts. Read once.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>
    /// A PEM file with the certificate to show to Redis, and with those between it and its authority; none by default.
    /// Read once.
    /// </summary>
    public string? CertificateFile { get; set; }

    /// <summary>
    /// A PEM file with the private key of <see cref="CertificateFile"/>, not encrypted; that file itself by default.
    /// Read once, never logged.
    /// </summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// What every key begins with, so that several installations can share a Redis; <c>weir</c> by default.
    /// </summary>
    public string Prefix { get; set; } = "weir";

    /// <summary>By what the values of keys are replaced; null, the default, to have them readable.</summary>
    public KeyHash? Privacy { get; set; }

    /// <summary>The largest number of <see cref="Partitions"/>.</summary>
    public const int MaxPartitions = 512;

    /// <summary>The number of <see cref="Partitions"/> on a cluster, by default.</summary>
    public const int PartitionsOnCluster = 64;

    /// <summary>
    /// Partitions of each tenant, from 1 to <see cref="MaxPartitions"/>: the buckets of a partition lie in one slot of
    /// a cluster. By default <see cref="PartitionsOnCluster"/> on a cluster and 1 on a single server. The same at all
    /// instances that share buckets; another number moves buckets, which then begin as new.
    /// </summary>
    public int? Partitions { get; set; }

    /// <summary>
    /// The database number, from 0; a cluster has only 0. By default, as <see cref="Endpoints"/> say; else 0.
    /// </summary>
    public int? Database { get; set; }

    /// <summary>
    /// How long tokens live that are leased to an instance for a busy bucket; zero leases none, and Redis makes every
    /// decision. From 1 ms to 1 s; 20 ms by default. The same at all instances that share buckets.
    /// </summary>
    public TimeSpan LeaseHorizon { get; set; } = DefaultLeaseHorizon;

    /// <summary>
    /// Maximum number of buckets of which an instance knows how they stand, for leases and for an outage; 131,072 by
    /// default. Each takes some 400 bytes with the values that its limit is keyed by.
    /// </summary>
    public int KnownBuckets { get; set; } = Weir.KnownBuckets.Default;

    /// <summary>The seed of the hash that known buckets are kept by; random by default. For tests.</summary>
    internal long? HashSeed { get; set; }

    /// <summary>
    /// How many instances share the buckets, this one included, for as long as Redis has not said: of one that starts
    /// in an outage. From 1 (the default) to 10,000; each decides on its part of a bucket then.
    /// </summary>
    public int Instances { get; set; } = 1;

    /// <summary>
    /// Maximum bytes that the stored answers of one tenant take in Redis: its idempotency records and reservations; 128
    /// MiB by default.
    /// </summary>
    public long AnswerBytes { get; set; } = MemoryStoreOptions.DefaultAnswerBytes;

    /// <summary>
    /// Maximum time a decision waits for Redis, from 1 ms to 10 s; 15 ms by default. If this instance gets no processor
    /// time, a decision may take 100 ms more.
    /// </summary>
    public TimeSpan Deadline { get; set; } = DefaultDeadline;

    /// <summary>The servers as <c>host:port</c>, without anything secret; for messages.</summary>
    public IEnumerable<string> Hosts => new RedisEndpoints(Endpoints).Hosts.Select(host =>
        host.Host.Contains(':') ? $"[{host.Host}]:{host.Port}" : $"{host.Host}:{host.Port}");

    /// <summary>
    /// Returns the errors of these options, one sentence each, with the cure and without secrets.
    /// </summary>
    /// <param name="prefix">What stands before the name of a setting; nothing by default.</param>
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
