namespace Weir.Server;

/// <summary>
/// Settings that the service cannot start with. Every fault is a line that names the setting and the cure.
/// </summary>
internal sealed class SettingsException(IReadOnlyList<string> faults) : Exception(string.Join('\n', faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}
