using System.Linq.Expressions;
using Weir.Redis;

namespace Weir.Server;

/// <summary>All settings of the section <c>Weir</c>, in the order of the help text and the docs.</summary>
internal static class SettingTable
{
    public const string KeyList = "Auth:Keys";

    /// <summary>Section in which each setting is named after an attribute.</summary>
    public const string AttributeMap = "Authorize:Attributes";

    private const string File = "a file";

    private static readonly SettingKind Keys = SettingKind.Number(MemoryStoreOptions.LeastKeys, MemoryStoreOptions.MostKeys);

    private static readonly SettingKind Partitions = SettingKind.Number(1, RedisOptions.MaxPartitions);

    public static IReadOnlyList<Setting> All { get; } =
    [
        Of(o => o.PolicyFile, SettingKind.Text(File), "Policy document.", "the one that ships"),
        Of(o => o.Headers, SettingKind.Word(RateLimitHeaders.Names), "Form of the rate limit headers."),
        Of(o => o.Auth.AdminKey, SettingKind.Text("16 to 256 characters"), "Opens /admin.", "none: no /admin"),
        Of(o => o.Auth.AdminKeyFile, SettingKind.Text(File), "The admin key in a file."),
        Of(o => o.Auth.AllowAnonymous, SettingKind.Flag, "Accepts requests without an API key.", "see docs/auth.md"),
        Of(o => o.Keys.Hash, SettingKind.Flag, "Stores and logs keys and attributes as keyed hashes."),
        Of(o => o.Keys.Secret, SettingKind.Text("32 characters or more"), "Secret of the hashes, the same everywhere."),
        Of(o => o.Keys.SecretFile, SettingKind.Text(File), "That secret in a file."),
        Of(o => o.Live.Path, SettingKind.Text(File), "Keeps live changes, if embedded.", "none: until it stops"),
        Of(o => o.Redis.Endpoints, SettingKind.List("host:port or a redis:// URL"), "Redis servers.", "none: memory"),
        Of(o => o.Redis.User, SettingKind.Text("a name"), "ACL user."),
        Of(o => o.Redis.Password, SettingKind.Text("a password"), "Password of Redis."),
        Of(o => o.Redis.PasswordFile, SettingKind.Text(File), "That password in a file."),
        Of(o => o.Redis.Ssl, SettingKind.Flag, "Uses TLS.", "false"),
        Of(o => o.Redis.CaFile, SettingKind.Text(File), "PEM: whom alone to trust.", "those the machine trusts"),
        Of(o => o.Redis.CertificateFile, SettingKind.Text(File), "PEM: the certificate to show."),
        Of(o => o.Redis.KeyFile, SettingKind.Text(File), "PEM: its private key.", "the certificate's file"),
        Of(o => o.Redis.Prefix, SettingKind.Text("a name"), "First part of every key."),
        Of(o => o.Redis.Database, SettingKind.Number(0, 65_535), "Database number; a cluster has only 0.", "0"),
        Of(o => o.Redis.Partitions, Partitions, "Partitions of a tenant, the same everywhere.", "1; on a cluster 64"),
        Of(o => o.Redis.DeadlineMs, SettingKind.Number(1, 10_000), "Maximum time a decision waits for Redis."),
        Of(o => o.Redis.LeaseMs, SettingKind.Number(0, 1_000), "How long a lease lives, the same everywhere; 0: none."),
        Of(o => o.Redis.Instances, SettingKind.Number(1, 10_000), "Instances to assume until Redis reports them."),
        Of(o => o.Memory.MaxKeys, Keys, "Keys that memory is sized for, 40 bytes each."),
        Of(o => o.Memory.SnapshotPath, SettingKind.Text(File), "Keeps the embedded store over a restart."),
        Of(o => o.Memory.SnapshotSeconds, SettingKind.Number(1, 86_400), "Seconds between snapshots."),
        Of(o => o.Breaker.FailuresInARow, SettingKind.Number(1, 1_000_000), "Failures after which memory decides."),
        Of(o => o.Breaker.BreakMs, SettingKind.Number(10, 60_000), "How often Redis is tried in an outage."),
        Of(o => o.Limits.Connections, SettingKind.Number(1, 1_000_000), "Open connections at a time.", "what fits below ulimit -n"),
        Of(o => o.Limits.AnswerBytes, SettingKind.Number(65_536, int.MaxValue), "Bytes of a tenant's stored answers."),
        Of(o => o.Authorize.Tenant, SettingKind.Sources, "Tenant at /v1/authorize.", "the API key's, or default"),
        Of(o => o.Authorize.Key, SettingKind.Sources, "Key at /v1/authorize."),
        Of(o => o.Authorize.RefusedStatus, SettingKind.Number(400, 499), "Status of its refusals; 403 for nginx."),
        Of(o => o.Authorize.TrustedHops, SettingKind.Number(0, 16), "Proxies that add to X-Forwarded-For; 0: ignored."),
        Of(o => o.Management.Urls, SettingKind.Text("http://host:port"), "Addresses for metrics, health and admin alone."),
        Of(o => o.Resp.Listen, SettingKind.Text(DoorAddress.RespForms), "Address for Redis clients.", "none: off"),
        Of(o => o.Grpc.Listen, SettingKind.Text(DoorAddress.GrpcForms), "Address for Envoy (gRPC).", "none: off"),
        Of(o => o.Grpc.Metadata, SettingKind.Flag, "Sends the governing limit as dynamic metadata."),
        Of(o => o.Envoy.Config, SettingKind.Text("a file or folder"), "Envoy's own configuration.", "none: not used"),
        Of(o => o.Envoy.ChargeAll, SettingKind.Flag, "Decides each of Envoy's descriptors by itself."),
        Of(o => o.Envoy.MergeDomains, SettingKind.Flag, "Lets several of its files have one domain."),
        Of(o => o.Top.Enabled, SettingKind.Flag, "Counts the busiest keys for /admin/top."),
        Of(o => o.DecisionLog.Denied, SettingKind.Fraction, "Share of refused takes that is logged."),
        Of(o => o.DecisionLog.Allowed, SettingKind.Fraction, "Share of allowed takes that is logged."),
        Of(o => o.DecisionLog.PerSecond, SettingKind.Number(1, 10_000), "Maximum lines of that log a second."),
        Of(o => o.Shutdown.DrainMs, SettingKind.Number(0, 600_000), "How long it decides on after SIGTERM."),
        Of(o => o.Shutdown.TimeoutMs, SettingKind.Number(100, 600_000), "How long requests may take to end then."),
    ];

    public static IReadOnlyList<Setting> OfKey { get; } =
    [
        OfOneKey(k => k.Name, SettingKind.Text("a name"), "What the audit trail calls the key."),
        OfOneKey(k => k.Key, SettingKind.Text("32 to 256 characters"), "The key."),
        OfOneKey(k => k.KeyFile, SettingKind.Text(File), "The key in a file."),
        OfOneKey(k => k.Hash, SettingKind.Text("64 hexadecimal digits"), "SHA-256 of the key, instead of the key."),
        OfOneKey(k => k.Scope, SettingKind.Text("take or admin"), "What the key opens; admin opens everything."),
        OfOneKey(k => k.Tenant, SettingKind.Text("a tenant"), "The only tenant that a take key is for.", "all tenants"),
    ];

    public static Setting OfAttribute { get; } =
        new($"{AttributeMap}:NAME", SettingKind.Sources, "The attribute NAME at /v1/authorize.");

    public static IEnumerable<(string Path, Setting Setting)> Paths =>
        All.Append(OfAttribute).Select(setting => ($"{WeirOptions.Section}:{setting.Name}", setting))
            .Concat(OfKey.Select(setting => ($"{WeirOptions.Section}:{KeyList}:0:{setting.Name}", setting)));

    public static Setting? Find(string name) => Find(All, name);

    public static Setting? Find(IEnumerable<Setting> settings, string name) =>
        settings.FirstOrDefault(setting => string.Equals(setting.Name, name, StringComparison.OrdinalIgnoreCase));

    public static bool IsSection(string name) =>
        All.Any(setting => setting.Name.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>True if the section contains secrets, so that each of its values may be a misplaced secret.</summary>
    public static bool IsGuarded(string name) => name.Split(':')[0].ToUpperInvariant() is "AUTH" or "KEYS" or "REDIS";

    private static Setting Of<T>(Expression<Func<WeirOptions, T>> property, SettingKind kind, string meaning,
        string? unset = null) =>
        new(new WeirOptions(), property, kind, meaning, unset);

    private static Setting OfOneKey<T>(Expression<Func<WeirOptions.KeySettings, T>> property, SettingKind kind,
        string meaning, string? unset = null) =>
        new(new WeirOptions.KeySettings(""), property, kind, meaning, unset);
}
