using Weir.Drill.Tests.Laws;
using Weir.Drill.Tests.Report;

namespace Weir.Drill.Tests;

/// <summary>The drill that all tests of a class look at.</summary>
public sealed class DrillRun
{
    /// <summary>Begun by the first who looks: where there is no Redis to hurt, it is that test which is skipped.</summary>
    private readonly Lazy<Task<DrillReport>> _run = new(async () =>
    {
        var drill = await Drill.RunAsync(DrillSettings.Instances, DrillSettings.Schedule);
        var report = DrillReport.Of(drill, Judge.Of(drill));
        if (DrillSettings.ReportPath is { } path)
            await File.WriteAllTextAsync(path, path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? report.ToJson() : report.ToMarkdown());
        return report;
    });

    internal Task<DrillReport> ReportAsync() => _run.Value;
}
