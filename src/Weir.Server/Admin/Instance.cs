namespace Weir.Server;

internal static class Instance
{
    /// <summary>Machine name and process ID of this instance. In containers, the process ID is always 1.</summary>
    public static readonly string Name = $"{Environment.MachineName}:{Environment.ProcessId}";
}
