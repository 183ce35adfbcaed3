namespace Weir.Server.Tests.Harness;

/// <summary>Names that no other test uses, so that tests can share a server.</summary>
internal static class Fresh
{
    public static string Key() => $"key-{Guid.NewGuid():N}";

    public static string Tenant() => $"tenant-{Guid.NewGuid():N}";
}
