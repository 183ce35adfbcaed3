namespace Weir.Server.Tests.Deploy;

/// <summary>
/// Every setting the server has, in the spelling of configuration: <c>Weir:Redis:Endpoints</c>. Of a list, the first
/// item stands for all.
/// </summary>
internal static class KnownSettings
{
    public static IReadOnlySet<string> All { get; } = SettingTable.Paths.Select(setting => setting.Path)
        .ToHashSet(StringComparer.Ordinal);
}
