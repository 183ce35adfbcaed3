using System.Runtime.InteropServices;

namespace Weir.Cli.Load;

/// <summary>What one command did and saw; the table and the JSON are two ways of writing it.</summary>
internal sealed class LoadReport(LoadSettings settings)
{
    public LoadSettings Settings => settings;

    public Uri Url { get; set; } = settings.Url ?? LoadSettings.DefaultUrl;

    /// <summary>
    /// Where the server keeps its buckets: <c>redis</c>, <c>memory</c>, or <c>unknown</c> for a server that the tool
    /// did not start.
    /// </summary>
    public string Store { get; set; } = "unknown";

    public List<string> Notes { get; } = [];

    public List<ScenarioResult> Results { get; } = [];

    /// <summary>True when any request failed.</summary>
    public bool Failed => Results.Any(result => result.Failed);

    /// <summary>The machine, since every number depends on it.</summary>
    public string Machine { get; init; } = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}";
}
