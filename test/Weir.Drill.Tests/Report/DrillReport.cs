using System.Text;
using System.Text.Json;
using Weir.Drill.Tests.Laws;

namespace Weir.Drill.Tests.Report;

/// <summary>What is to be said of a drill.</summary>
internal sealed record DrillReport(DrillRecord Drill, IReadOnlyList<BucketVerdict> Verdicts, IReadOnlyList<PhaseRow> Phases)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static DrillReport Of(DrillRecord drill, IReadOnlyList<BucketVerdict> verdicts) => new(drill, verdicts, PhaseRow.Of(drill));

    /// <summary>Buckets whose law does not hold, a line each.</summary>
    public string Broken(Func<BucketVerdict, Weir.Testing.SpanVerdict> law) => string.Join('\n',
        from verdict in Verdicts
        where !law(verdict).Holds
        select $"{verdict.Bucket.Name}: {law(verdict)}");

    public string ToJson() => JsonSerializer.Serialize(
        new { Drill.Instances, Requests = Drill.Log.Count, Strays, StrayTokens, Phases, Buckets = BucketRow.Of(Verdicts) }, Json);

    public string ToMarkdown()
    {
        var text = new StringBuilder()
            .AppendLine($"{Drill.Log.Count} requests to {Drill.Instances} instances. {Strays} were decided by an instance alone although nothing was done to it, and let {StrayTokens} tokens pass; these are in no law below.")
            .AppendLine()
            .AppendLine("| meanwhile | s | requests | by Redis | alone | errors | p50 ms | p99 ms | max ms |")
            .AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var row in Phases)
            text.AppendLine($"| {row.Name} | {row.Seconds:0.0} | {row.Requests} | {row.ByRedis} | {row.Alone} | {row.Errors} | {row.LatencyMs.P50:0.0} | {row.LatencyMs.P99:0.0} | {row.LatencyMs.Max:0.0} |");
        text.AppendLine()
            .AppendLine("Tokens over, in the worst interval: of what Redis admitted (L1), of all up to when an outage was healed (L1, L7), of all throughout (L7), and of what was left afterwards (L7).")
            .AppendLine()
            .AppendLine("| bucket | requests | admitted | by Redis | until healed | throughout | left |")
            .AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var row in BucketRow.Of(Verdicts))
            text.AppendLine($"| {row.Bucket} | {row.Requests} | {row.Admitted} | {row.OverByRedis} | {row.OverUntilHealed} | {row.OverThroughout} | {row.OverInReadings} |");
        return text.ToString();
    }

    private int Strays => Drill.Log.Count(Drill.IsStray);

    private long StrayTokens => Drill.Log.Where(one => one.Answer.Allowed && Drill.IsStray(one)).Sum(one => one.Cost);
}
