using Weir.Redis;

namespace Weir.Server;

/// <summary>All settings of the service, from the section <c>Weir</c>: <c>Weir:Redis:Endpoints</c>, or <c>Weir__Redis__Endpoints</c> in the environment.</summary>
internal sealed class WeirOptions
{
    public const string Section = "Weir";

    /// <summary>The policy document; by default the <c>policies.yaml</c> that ships beside the program.</summary>
    public string? PolicyFile { get; set; }

    /// <summary>The form of the rate limit headers: <c>draft-11</c> (default), <c>draft-06</c>, <c>legacy</c> or <c>off</c>.</summary>
    public string Headers { get; set; } = "draft-11";

    public AuthSettings Auth { get; set; } = new();

    public PrivacySettings Keys { get; set; } = new();

    public LiveSettings Live { get; set; } = new();

    public RedisSettings Redis { get; set; } = new();

    public MemorySettings Memory { get; set; } = new();

    public BreakerSettings Breaker { get; set; } = new();

    public LimitsSettings Limits { get; set; } = new();

    public ManagementSettings Management { get; set; } = new();

    public TopSettings Top { get; set; } = new();

    public DecisionLogSettings DecisionLog { get; set; } = new();

    internal sealed class AuthSettings
    {
        /// <summary>What opens <c>/admin</c>, of 16 characters at least; without it, there is none. Never logged.</summary>
        public string? AdminKey { get; set; }

        /// <summary>
        /// Whether whoever sends no key may take for any tenant. By default, only where no other machine can reach the service and <see cref="Keys"/> has none.
        /// </summary>
        public bool? AllowAnonymous { get; set; }

        /// <summary>API keys, at most 10,000; none by default. Others are created while running, by <c>/admin/keys</c>.</summary>
        public List<KeySettings> Keys { get; } = [];
    }

    /// <summary>One API key. Never logged.</summary>
    /// <param name="place">Where in the list it stands.</param>
    internal sealed class KeySettings(string place)
    {
        /// <summary>What the audit trail calls it: 1 to 64 characters out of <c>A-Z a-z 0-9 . _ -</c>, another for each key.</summary>
        public string? Name { get; set; }

        /// <summary>The key, of 32 to 256 printable ASCII characters.</summary>
        public string? Key { get; set; }

        /// <summary>In its place, its SHA-256, as 64 hexadecimal digits.</summary>
        public string? Hash { get; set; }

        /// <summary>What it opens: <c>take</c>, or <c>admin</c>, which opens all.</summary>
        public string? Scope { get; set; }

        /// <summary>The one tenant that it may take for; all by default.</summary>
        public string? Tenant { get; set; }

        internal string Place { get; } = place;
    }

    internal sealed class PrivacySettings
    {
        /// <summary>True: keys and attributes are in Redis and in logs only as keyed hashes. False by default.</summary>
        public bool Hash { get; set; }

        /// <summary>The secret of those hashes, of 32 characters at least, the same at all instances. Never logged.</summary>
        public string? Secret { get; set; }

        internal KeyHash? Privacy => Hash ? new KeyHash(Secret!) : null;
    }

    internal sealed class LiveSettings
    {
        /// <summary>Where policies, tenants and blocks that were changed while running are kept in embedded mode; nowhere by default.</summary>
        public string? Path { get; set; }
    }

    internal sealed class RedisSettings
    {
        /// <summary>Servers as <c>host:port</c>, separated by commas, and with Sentinels <c>serviceName=</c> too. None: the embedded memory store.</summary>
        public string? Endpoints { get; set; }

        /// <summary>The ACL user.</summary>
        public string? User { get; set; }

        /// <summary>The password. Never logged.</summary>
        public string? Password { get; set; }

        /// <summary>True to speak TLS.</summary>
        public bool Ssl { get; set; }

        /// <summary>A PEM file with those who sign the certificate of Redis; by default, whom the machine trusts.</summary>
        public string? CaFile { get; set; }

        /// <summary>A PEM file with the certificate to show to Redis; none by default.</summary>
        public string? CertificateFile { get; set; }

        /// <summary>A PEM file with its private key; by default, that file itself.</summary>
        public string? KeyFile { get; set; }

        /// <summary>What every key begins with; <c>weir</c> by default.</summary>
        public string Prefix { get; set; } = "weir";

        /// <summary>The database number; 0 by default.</summary>
        public int Database { get; set; }

        /// <summary>Milliseconds that a decision waits for Redis, from 1 to 10,000; 15 by default.</summary>
        public int DeadlineMs { get; set; } = (int)RedisOptions.DefaultDeadline.TotalMilliseconds;

        /// <summary>Milliseconds that a lease of a busy bucket lives, from 1 to 1,000; 0 leases nothing. 20 by default, and the same at all instances.</summary>
        public int LeaseMs { get; set; } = (int)RedisOptions.DefaultLeaseHorizon.TotalMilliseconds;

        /// <summary>Instances that share Redis, for as long as it has not said how many: of one that starts in an outage. From 1 to 10,000; 1 by default.</summary>
        public int Instances { get; set; } = 1;
    }

    internal sealed class MemorySettings
    {
        /// <summary>Keys that the store in memory is sized for; 1,000,000 by default (61 bytes each).</summary>
        public int MaxKeys { get; set; } = new MemoryStoreOptions().MaxKeys;

        /// <summary>Where buckets are kept over a restart in embedded mode; nowhere by default.</summary>
        public string? SnapshotPath { get; set; }

        /// <summary>Seconds between snapshots, from 1 to 86,400; 10 by default. One more is written at shutdown.</summary>
        public int SnapshotSeconds { get; set; } = 10;
    }

    internal sealed class BreakerSettings
    {
        /// <summary>Failures in a row that open the breaker; 5 by default.</summary>
        public int FailuresInARow { get; set; } = new BreakerOptions().FailuresInARow;

        /// <summary>Milliseconds between probes while it is open, from 10 to 60,000; 250 by default.</summary>
        public int BreakMs { get; set; } = (int)new BreakerOptions().Break.TotalMilliseconds;
    }

    internal sealed class LimitsSettings
    {
        /// <summary>Open connections at a time, from 1 to 1,000,000; by default what fits below the descriptor limit, 20,000 at most.</summary>
        public int? Connections { get; set; }
    }

    internal sealed class ManagementSettings
    {
        /// <summary>Addresses for metrics, health and admin alone, such as <c>http://127.0.0.1:9090</c>; by default they are on the addresses of the decisions.</summary>
        public string? Urls { get; set; }
    }

    internal sealed class TopSettings
    {
        /// <summary>Whether the keys that are refused and allowed most often are counted for <c>/admin/top</c>; true by default.</summary>
        public bool Enabled { get; set; } = true;
    }

    internal sealed class DecisionLogSettings
    {
        /// <summary>The share of takes not allowed that is logged, from 0 (the default: none) to 1 (all).</summary>
        public double Denied { get; set; }

        /// <summary>The share of takes allowed that is logged, from 0 (the default: none) to 1 (all).</summary>
        public double Allowed { get; set; }

        /// <summary>Lines a second at most, whatever the shares, from 1 to 10,000; 10 by default. How many more there were is told in one line.</summary>
        public int PerSecond { get; set; } = 10;
    }
}
