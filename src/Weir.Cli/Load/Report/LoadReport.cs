using System.Runtime.InteropServices;

namespace Weir.Cli.Load;

internal sealed class LoadReport(LoadSettings settings)
{
    public LoadSettings Settings => settings;

    public Uri Url { get; set; } = settings.Url ?? LoadSettings.DefaultUrl;

    /// <summary>Store of the server: <c>redis</c> or <c>memory</c>; <c>unknown</c> with <c>--url</c>.</summary>
    public string Store { get; set; } = "unknown";

    public List<string> Notes { get; } = [];

    public List<ScenarioResult> Results { get; } = [];

    public bool Failed => Results.Any(result => result.Failed);

    public string Machine { get; init; } = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}";
}
