namespace Weir.Server.Tests.Auth;

/// <summary>Keys for tests that make them by hand.</summary>
internal static class SomeKey
{
    public static ApiKey Of(string secret, string id = "k_1", KeyScope scope = KeyScope.Take, string? tenant = null, DateTimeOffset? until = null, string? name = null) =>
        new(id, name, scope, tenant, until, DateTimeOffset.UnixEpoch, KeySecret.HashOf(secret));

    public static LiveEntry Entry(ApiKey key, long version) => new(LiveKind.Key, key.Id, version, key.ToJson());

    public static LiveRead Read(long version, bool isWhole, params LiveEntry[] entries) =>
        new(new LiveVersion("test", version), entries, isWhole);
}
