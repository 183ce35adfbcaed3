using Weir.Redis;

namespace Weir.Server;

/// <summary>The typed settings. <see cref="SettingTable"/> has their meanings and ranges.</summary>
internal sealed class WeirOptions
{
    public const string Section = "Weir";

    public string? PolicyFile { get; set; }

    public string Headers { get; set; } = "draft-11";

    public AuthSettings Auth { get; } = new();

    public PrivacySettings Keys { get; } = new();

    public LiveSettings Live { get; } = new();

    public RedisSettings Redis { get; } = new();

    public MemorySettings Memory { get; } = new();

    public BreakerSettings Breaker { get; } = new();

    public LimitsSettings Limits { get; } = new();

    public AuthorizeSettings Authorize { get; } = new();

    public ManagementSettings Management { get; } = new();

    public RespSettings Resp { get; } = new();

    public EnvoySettings Envoy { get; } = new();

    public TopSettings Top { get; } = new();

    public DecisionLogSettings DecisionLog { get; } = new();

    public ShutdownSettings Shutdown { get; } = new();

    internal sealed class AuthSettings
    {
        /// <summary>Never logged.</summary>
        public string? AdminKey { get; set; }

        public string? AdminKeyFile { get; set; }

        /// <summary>Null: true if no other machine can reach Weir and <see cref="Keys"/> is empty.</summary>
        public bool? AllowAnonymous { get; set; }

        public List<KeySettings> Keys { get; } = [];
    }

    internal sealed class KeySettings(string place)
    {
        public string? Name { get; set; }

        /// <summary>Never logged.</summary>
        public string? Key { get; set; }

        public string? KeyFile { get; set; }

        public string? Hash { get; set; }

        public string? Scope { get; set; }

        public string? Tenant { get; set; }

        internal string Place { get; } = place;
    }

    internal sealed class PrivacySettings
    {
        public bool Hash { get; set; }

        /// <summary>Never logged.</summary>
        public string? Secret { get; set; }

        public string? SecretFile { get; set; }

        internal KeyHash? Privacy => Hash ? new KeyHash(Secret!) : null;
    }

    internal sealed class LiveSettings
    {
        public string? Path { get; set; }
    }

    internal sealed class RedisSettings
    {
        public string? Endpoints { get; set; }

        public string? User { get; set; }

        /// <summary>Never logged.</summary>
        public string? Password { get; set; }

        public string? PasswordFile { get; set; }

        public bool? Ssl { get; set; }

        public string? CaFile { get; set; }

        public string? CertificateFile { get; set; }

        public string? KeyFile { get; set; }

        public string Prefix { get; set; } = "weir";

        public int? Database { get; set; }

        /// <summary>Null: 1, or 64 on a cluster.</summary>
        public int? Partitions { get; set; }

        public int DeadlineMs { get; set; } = (int)RedisOptions.DefaultDeadline.TotalMilliseconds;

        public int LeaseMs { get; set; } = (int)RedisOptions.DefaultLeaseHorizon.TotalMilliseconds;

        public int Instances { get; set; } = 1;
    }

    internal sealed class MemorySettings
    {
        public int MaxKeys { get; set; } = new MemoryStoreOptions().MaxKeys;

        public string? SnapshotPath { get; set; }

        public int SnapshotSeconds { get; set; } = 10;
    }

    internal sealed class BreakerSettings
    {
        public int FailuresInARow { get; set; } = new BreakerOptions().FailuresInARow;

        public int BreakMs { get; set; } = (int)new BreakerOptions().Break.TotalMilliseconds;
    }

    internal sealed class LimitsSettings
    {
        /// <summary>Null: as many as fit below the descriptor limit.</summary>
        public int? Connections { get; set; }

        public int AnswerBytes { get; set; } = MemoryStoreOptions.DefaultAnswerBytes;
    }

    internal sealed class AuthorizeSettings
    {
        /// <summary>Null: the tenant of the API key, or the default tenant.</summary>
        public FactSources? Tenant { get; set; }

        public FactSources Key { get; set; } = FactSources.Parse("ip").Sources!;

        /// <summary>The sources of attributes by their names.</summary>
        public Dictionary<string, FactSources> Attributes { get; } = new(StringComparer.Ordinal);

        public int RefusedStatus { get; set; } = StatusCodes.Status429TooManyRequests;

        public int TrustedHops { get; set; } = 1;
    }

    internal sealed class ManagementSettings
    {
        /// <summary>Null: metrics, health and admin are on the addresses of the decisions.</summary>
        public string? Urls { get; set; }
    }

    internal sealed class RespSettings
    {
        /// <summary>Null: the RESP door is off.</summary>
        public string? Listen { get; set; }
    }

    internal sealed class EnvoySettings
    {
        /// <summary>Null: Envoy's own configuration is not used.</summary>
        public string? Config { get; set; }

        public bool ChargeAll { get; set; }

        public bool MergeDomains { get; set; }
    }

    internal sealed class TopSettings
    {
        public bool Enabled { get; set; } = true;
    }

    internal sealed class DecisionLogSettings
    {
        public double Denied { get; set; }

        public double Allowed { get; set; }

        public int PerSecond { get; set; } = 10;
    }

    internal sealed class ShutdownSettings
    {
        public int DrainMs { get; set; }

        public int TimeoutMs { get; set; } = 10_000;

        internal TimeSpan Drain => TimeSpan.FromMilliseconds(DrainMs);

        internal TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMs);
    }
}
