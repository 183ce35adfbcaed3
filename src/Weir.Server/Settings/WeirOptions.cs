using Weir.Redis;

namespace Weir.Server;

/// <summary>Typed settings; <see cref="SettingTable"/> has meanings and ranges. Secrets are never logged.</summary>
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

    public GrpcSettings Grpc { get; } = new();

    public EnvoySettings Envoy { get; } = new();

    public TopSettings Top { get; } = new();

    public DecisionLogSettings DecisionLog { get; } = new();

    public ShutdownSettings Shutdown { get; } = new();

    internal sealed class AuthSettings
    {
        public string? AdminKey { get; set; }

        public string? AdminKeyFile { get; set; }

        /// <summary>Anonymous access. Null: only if <see cref="Keys"/> is empty and all addresses are local.</summary>
        public bool? AllowAnonymous { get; set; }

        public List<KeySettings> Keys { get; } = [];
    }

    internal sealed class KeySettings(string place)
    {
        public string? Name { get; set; }

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

        public string? Password { get; set; }

        public string? PasswordFile { get; set; }

        public bool? Ssl { get; set; }

        public string? CaFile { get; set; }

        public string? CertificateFile { get; set; }

        public string? KeyFile { get; set; }

        public string Prefix { get; set; } = "weir";

        public int? Database { get; set; }

        /// <summary>Number of partitions of a tenant. Null: 1, or 64 on a cluster.</summary>
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
        /// <summary>Maximum open connections. Null: 20,000, or fewer if the descriptor limit is low.</summary>
        public int? Connections { get; set; }

        public int AnswerBytes { get; set; } = MemoryStoreOptions.DefaultAnswerBytes;
    }

    internal sealed class AuthorizeSettings
    {
        /// <summary>Sources of the tenant. Null: the tenant of the API key, or the default tenant.</summary>
        public FactSources? Tenant { get; set; }

        public FactSources Key { get; set; } = FactSources.Parse("ip").Sources!;

        /// <summary>Sources of each attribute, by attribute name.</summary>
        public Dictionary<string, FactSources> Attributes { get; } = new(StringComparer.Ordinal);

        public int RefusedStatus { get; set; } = StatusCodes.Status429TooManyRequests;

        public int TrustedHops { get; set; } = 1;
    }

    internal sealed class ManagementSettings
    {
        /// <summary>Addresses of metrics, health and administration. Null: the public addresses.</summary>
        public string? Urls { get; set; }
    }

    internal sealed class RespSettings
    {
        /// <summary>Address of the RESP door. Null: the door is off.</summary>
        public string? Listen { get; set; }
    }

    internal sealed class GrpcSettings
    {
        /// <summary>Null: the gRPC door is off.</summary>
        public string? Listen { get; set; }

        public bool Metadata { get; set; }
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
