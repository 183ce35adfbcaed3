using System.Runtime.InteropServices;

namespace Weir.Cli.Load;

internal sealed class LoadReport(LoadSettings settings)
{
    public LoadSettings Settings => settings;

    public Uri Url { get; set; } = settings.Url ?? LoadSettings.DefaultUrl;

    /// <summary>One of <c>redis</c>, <c>memory</c> and <c>unknown</c>, for a server of others.</summary>
    public string Store { get; set; } = "unknown";

    public List<string> Notes { get; } = [];

    public List<ScenarioResult> Results { get; } = [];

    public bool Failed => Results.Any(result => result.Failed);

    public string Machine { get; init; } = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}";
}
