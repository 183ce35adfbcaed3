using Weir.Drill.Tests.Faults;
using Weir.Drill.Tests.Load;
using Weir.Testing;

namespace Weir.Drill.Tests.Laws;

/// <summary>Holds the log of a drill to laws L1 and L7, bucket by bucket.</summary>
internal sealed class Judge
{
    /// <summary>So near to an edge, nobody outside can be sure in which window it was.</summary>
    private const long EdgeUs = 10_000;

    private readonly DrillRecord _drill;
    private readonly Promise _promise;

    private Judge(DrillRecord drill)
    {
        _drill = drill;
        _promise = new Promise(drill.Instances, drill.Episodes);
    }

    public static IReadOnlyList<BucketVerdict> Of(DrillRecord drill)
    {
        var judge = new Judge(drill);
        return [.. Bucket.Of(drill).Select(judge.Of).OrderBy(verdict => verdict.Bucket.Name, StringComparer.Ordinal)];
    }

    private BucketVerdict Of(Bucket bucket)
    {
        var admitted = bucket.Asked.Where(one => one.Answer.Allowed).ToList();
        var counted = admitted.Where(one => !_drill.IsStray(one)).Select(Bucket.SpanOf).ToList();
        var law = _promise.OfAdmissions(bucket.Quota);
        return new BucketVerdict(
            bucket,
            admitted.Sum(one => one.Cost),
            Worst(BetweenForgetting(), (from, to) => WorstOf(bucket.Quota, _promise.Bare(bucket.Quota), [.. OfRedis(admitted, from, to)])),
            Worst(BetweenHealing(), (from, to) => WorstOf(bucket.Quota, law, [.. counted.Where(span => span.FromUs >= from && span.ToUs <= to)])),
            WorstOf(bucket.Quota, law, counted),
            WorstReading(bucket, _promise.OfReadings(bucket.Quota), counted));
    }

    private static IEnumerable<Span> OfRedis(IEnumerable<Logged> admitted, long fromUs, long toUs) =>
        admitted.Where(one => one.Answer.IsOfRedis && one.LiesIn(fromUs, toUs)).Select(Bucket.SpanOf);

    /// <summary>The lives of Redis. What was under way when it was started again may be of either, and is counted to none.</summary>
    private IEnumerable<(long From, long To)> BetweenForgetting() => Between(_drill.Episodes.Where(episode => episode.Fault.RedisForgets), episode => episode.HealsUs);

    /// <summary>From when all had found back to Redis until the first of them found back again: calm, and an outage.</summary>
    private IEnumerable<(long From, long To)> BetweenHealing() => Between(_drill.Episodes, episode => episode.RecoveredUs);

    private static IEnumerable<(long From, long To)> Between(IEnumerable<Episode> episodes, Func<Episode, long> beginsAgain)
    {
        long from = 0;
        foreach (var episode in episodes)
        {
            yield return (from, episode.HealsUs);
            from = beginsAgain(episode);
        }

        yield return (from, long.MaxValue);
    }

    private static SpanVerdict Worst(IEnumerable<(long From, long To)> times, Func<long, long, SpanVerdict> verdict) =>
        times.Aggregate(default(SpanVerdict), (worst, time) => worst.OrWorse(verdict(time.From, time.To)));

    private SpanVerdict WorstOf(Quota quota, SpanLaw law, IReadOnlyCollection<Span> admitted) => quota is WindowQuota window
        ? Worst(WindowsOf(window), (from, to) => SpanBound.Worst(law, In(admitted, from, to)))
        : SpanBound.Worst(law, admitted);

    private SpanVerdict WorstReading(Bucket bucket, SpanLaw law, IReadOnlyCollection<Span> admitted)
    {
        var readings = bucket.Readings.Select(Bucket.SpanOf).ToList();
        return bucket.Quota is WindowQuota window
            ? Worst(WindowsOf(window), (from, to) => SpanBound.WorstReading(law, In(admitted, from, to), In(readings, from, to)))
            : SpanBound.WorstReading(law, admitted, readings);
    }

    private static List<Span> In(IEnumerable<Span> spans, long fromUs, long toUs) => [.. spans.Where(span => span.FromUs >= fromUs && span.ToUs <= toUs)];

    /// <summary>The windows of the drill by its own clock: minutes, whose edges are the same in every zone.</summary>
    private IEnumerable<(long From, long To)> WindowsOf(WindowQuota quota)
    {
        long length = (long)quota.Window.TotalMicroseconds, end = _drill.Log.Max(one => one.AnsweredUs);
        for (long from = -(_drill.WallUs % length); from <= end; from += length)
            yield return (from + EdgeUs, from + length - EdgeUs);
    }
}
