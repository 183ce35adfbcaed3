namespace Weir.Server.Tests.Harness;

/// <summary>Changes that are made behind a server's back, as another instance makes them.</summary>
internal static class LiveStoreCalls
{
    public static async Task<LiveVersion> VersionAsync(this ILiveStore live) =>
        (await live.ReadAsync(LiveVersion.Unknown))!.Version;

    public static async Task<LiveWrite> PutAsync(this ILiveStore live, string kind, string id, string? value, LiveVersion? known = null) =>
        await live.WriteAsync(kind, id, value, "test", null, known ?? await live.VersionAsync());
}
