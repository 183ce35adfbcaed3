using Weir.Drill.Tests.Load;

namespace Weir.Drill.Tests.Report;

/// <summary>What callers saw of the service for a while: of instances that were there, if one was not.</summary>
/// <param name="Name">What happened meanwhile.</param>
/// <param name="Seconds">How long it was, until all had recovered.</param>
/// <param name="Requests">Answered or not.</param>
/// <param name="ByRedis">Decided by Redis or a lease of it.</param>
/// <param name="Alone">Decided by an instance alone.</param>
/// <param name="Errors">Neither 200 nor 429.</param>
/// <param name="LatencyMs">How long they waited.</param>
internal sealed record PhaseRow(string Name, double Seconds, int Requests, int ByRedis, int Alone, int Errors, Latencies LatencyMs)
{
    public static PhaseRow Of(string name, double seconds, IReadOnlyCollection<Logged> requests) => new(
        name,
        Math.Round(seconds, 2),
        requests.Count,
        requests.Count(one => one.Answer.IsOfRedis),
        requests.Count(one => one.Answer is { IsDecision: true, Degraded: true }),
        requests.Count(one => !one.Answer.IsDecision),
        Latencies.Of(requests));

    public static IReadOnlyList<PhaseRow> Of(DrillRecord drill)
    {
        var left = drill.Log.Where(drill.HadSomebody).ToList();
        var rows = new List<PhaseRow>();
        foreach (var episode in drill.Episodes)
        {
            var during = left.Where(one => one.Touches(episode.BeginsUs, episode.RecoveredUs)).ToHashSet();
            rows.Add(Of(episode.Fault.Name, (episode.RecoveredUs - episode.BeginsUs) / 1e6, during));
            left.RemoveAll(during.Contains);
        }

        var start = left.Where(one => one.SentUs < drill.WarmUs).ToList();
        double end = drill.Log.Max(one => one.AnsweredUs) / 1e6, calm = end - (drill.WarmUs / 1e6) - rows.Sum(row => row.Seconds);
        return [Of("start, code is new", drill.WarmUs / 1e6, start), Of("calm", calm, [.. left.Where(one => one.SentUs >= drill.WarmUs)]), .. rows];
    }
}
