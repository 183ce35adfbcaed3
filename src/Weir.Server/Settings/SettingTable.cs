using System.Linq.Expressions;

namespace Weir.Server;

/// <summary>All settings of the section <c>Weir</c>: the only place that says what each is called, may be and means.</summary>
internal static class SettingTable
{
    /// <summary>The list of API keys, whose items have the settings of <see cref="OfKey"/>.</summary>
    public const string KeyList = "Auth:Keys";

    private const string File = "a file";

    /// <summary>Every setting but those of API keys, in the order of help and docs.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Of(o => o.PolicyFile, SettingKind.Text(File), "Policy document; read again when it changes.", "the policies.yaml that ships"),
        Of(o => o.Headers, SettingKind.Word(RateLimitHeaders.Names), "Form of the rate limit headers."),
        Of(o => o.Auth.AdminKey, SettingKind.Text("16 to 256 characters"), "Opens /admin. Printable ASCII without spaces.", "none: no /admin"),
        Of(o => o.Auth.AdminKeyFile, SettingKind.Text(File), "The admin key in a file; read again when it changes."),
        Of(o => o.Auth.AllowAnonymous, SettingKind.Flag, "Accepts requests without an API key.", "true if only this machine can reach it and no API key is configured"),
        Of(o => o.Keys.Hash, SettingKind.Flag, "Stores and logs keys and attributes only as keyed hashes."),
        Of(o => o.Keys.Secret, SettingKind.Text("32 characters or more"), "Secret of those hashes, the same at all instances."),
        Of(o => o.Keys.SecretFile, SettingKind.Text(File), "That secret in a file; a new one needs a restart."),
        Of(o => o.Live.Path, SettingKind.Text(File), "Keeps live changes in embedded mode; on Redis they are there.", "none: until it stops"),
        Of(o => o.Redis.Endpoints, SettingKind.List("host:port or redis://[user:password@]host[:port][/database]"), "Redis servers, separated by commas; rediss:// uses TLS.", "none: memory"),
        Of(o => o.Redis.User, SettingKind.Text("a name"), "ACL user."),
        Of(o => o.Redis.Password, SettingKind.Text("a password"), "Password of Redis."),
        Of(o => o.Redis.PasswordFile, SettingKind.Text(File), "The password in a file; read again when it changes, and used by connections made later."),
        Of(o => o.Redis.Ssl, SettingKind.Flag, "Uses TLS.", "false"),
        Of(o => o.Redis.CaFile, SettingKind.Text(File), "PEM file with the only certificate authorities to trust.", "those the machine trusts"),
        Of(o => o.Redis.CertificateFile, SettingKind.Text(File), "PEM file with the certificate to show to Redis."),
        Of(o => o.Redis.KeyFile, SettingKind.Text(File), "PEM file with its private key, not encrypted.", "the certificate's file"),
        Of(o => o.Redis.Prefix, SettingKind.Text("a name"), "First part of every key."),
        Of(o => o.Redis.Database, SettingKind.Number(0, 65_535), "Database number; a cluster has only 0.", "0"),
        Of(o => o.Redis.DeadlineMs, SettingKind.Number(1, 10_000), "Maximum time a decision waits for Redis, in milliseconds."),
        Of(o => o.Redis.LeaseMs, SettingKind.Number(0, 1_000), "How long an instance keeps a lease of a busy bucket, in milliseconds; the same at all instances. 0 turns leases off."),
        Of(o => o.Redis.Instances, SettingKind.Number(1, 10_000), "How many instances to assume until Redis reports the real number."),
        Of(o => o.Memory.MaxKeys, SettingKind.Number(MemoryStoreOptions.LeastKeys, MemoryStoreOptions.MostKeys), "Keys that memory is sized for, 61 bytes each."),
        Of(o => o.Memory.SnapshotPath, SettingKind.Text(File), "Keeps buckets, permits, reservations and idempotency records over a restart in embedded mode."),
        Of(o => o.Memory.SnapshotSeconds, SettingKind.Number(1, 86_400), "Seconds between snapshots."),
        Of(o => o.Breaker.FailuresInARow, SettingKind.Number(1, 1_000_000), "Failures in a row after which memory decides."),
        Of(o => o.Breaker.BreakMs, SettingKind.Number(10, 60_000), "How often Redis is tried in an outage, in milliseconds."),
        Of(o => o.Top.Enabled, SettingKind.Flag, "Counts the keys that are refused and allowed most, for /admin/top."),
        Of(o => o.DecisionLog.Denied, SettingKind.Fraction, "Share of refused takes that is logged."),
        Of(o => o.DecisionLog.Allowed, SettingKind.Fraction, "Share of allowed takes that is logged."),
        Of(o => o.DecisionLog.PerSecond, SettingKind.Number(1, 10_000), "Maximum lines of that log a second."),
        Of(o => o.Shutdown.DrainMs, SettingKind.Number(0, 600_000), "How long it goes on deciding after SIGTERM while /readyz says 503, in milliseconds."),
        Of(o => o.Shutdown.TimeoutMs, SettingKind.Number(100, 600_000), "Maximum time that requests under way have to end after that, in milliseconds."),
    ];

    /// <summary>The settings of one API key.</summary>
    public static IReadOnlyList<Setting> OfKey { get; } =
    [
        OfOneKey(k => k.Name, SettingKind.Text("a name"), "What the audit trail calls the key."),
        OfOneKey(k => k.Key, SettingKind.Text("32 to 256 characters"), "The key. Printable ASCII without spaces."),
        OfOneKey(k => k.KeyFile, SettingKind.Text(File), "The key in a file; read again when it changes."),
        OfOneKey(k => k.Hash, SettingKind.Text("64 hexadecimal digits"), "SHA-256 of the key, instead of the key."),
        OfOneKey(k => k.Scope, SettingKind.Text("take or admin"), "What the key opens; admin opens everything."),
        OfOneKey(k => k.Tenant, SettingKind.Text("a tenant"), "The only tenant that a take key is for.", "all tenants"),
    ];

    /// <summary>Every setting with its full name, the list's with the index 0.</summary>
    public static IEnumerable<(string Path, Setting Setting)> Paths =>
        All.Select(setting => ($"{WeirOptions.Section}:{setting.Name}", setting))
            .Concat(OfKey.Select(setting => ($"{WeirOptions.Section}:{KeyList}:0:{setting.Name}", setting)));

    /// <summary>The setting of a name, such as <c>Redis:DeadlineMs</c> in any case; null if there is none.</summary>
    public static Setting? Find(string name) => Find(All, name);

    public static Setting? Find(IEnumerable<Setting> settings, string name) =>
        settings.FirstOrDefault(setting => string.Equals(setting.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether settings stand below a name.</summary>
    public static bool IsSection(string name) => All.Any(setting => setting.Name.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether secrets are set in the section of a setting, so that one may stand in the wrong setting of it.</summary>
    public static bool IsGuarded(string name) => name.Split(':')[0].ToUpperInvariant() is "AUTH" or "KEYS" or "REDIS";

    private static Setting Of<T>(Expression<Func<WeirOptions, T>> property, SettingKind kind, string meaning, string? unset = null) =>
        new(new WeirOptions(), property, kind, meaning, unset);

    private static Setting OfOneKey<T>(Expression<Func<WeirOptions.KeySettings, T>> property, SettingKind kind, string meaning, string? unset = null) =>
        new(new WeirOptions.KeySettings(""), property, kind, meaning, unset);
}
