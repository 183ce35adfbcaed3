namespace Weir.Server.Tests.Deploy;

/// <summary>
/// Every setting the server has, in the spelling of configuration: <c>Weir:Redis:Endpoints</c>. Of a list, the first
/// item stands for all.
/// </summary>
internal static class KnownSettings
{
    private const string Attributes = $"{WeirOptions.Section}:{SettingTable.AttributeMap}:";

    public static IReadOnlySet<string> All { get; } = SettingTable.Paths.Select(setting => setting.Path)
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>The name under which the table has a setting: an attribute's own name is any.</summary>
    public static string Canonical(string name) =>
        name.StartsWith(Attributes, StringComparison.Ordinal) ? Attributes + "NAME" : name;
}
