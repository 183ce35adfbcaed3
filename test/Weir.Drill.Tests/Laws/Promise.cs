using Weir.Drill.Tests.Faults;
using Weir.Testing;

namespace Weir.Drill.Tests.Laws;

/// <summary>
/// Laws L1 and L7 as allowances. Counted from its beginning, an outage is within L1, so whatever spans that beginning may hold one burst more. While M of N instances are cut off from
/// a Redis that others see, those M hand out their shares beside it. As long as some have found back and others have not, it is the same.
/// </summary>
/// <param name="Instances">N.</param>
/// <param name="Episodes">What happened.</param>
internal sealed record Promise(int Instances, IReadOnlyList<Episode> Episodes)
{
    /// <summary>What was leased may be handed out for a moment after Redis has gone, and what it answered last is on its way: the horizon and the deadline, and some more.</summary>
    private const long BeginningUs = 50_000;

    /// <summary>What may be admitted, however it was decided.</summary>
    public SpanLaw OfAdmissions(Quota quota)
    {
        var law = Bare(quota);
        return law with { Allowances = [.. Episodes.SelectMany(episode => Allowed(episode, law))] };
    }

    /// <summary>
    /// What may be left: all that instances spent alone is in Redis again, as a debt if it must be, so no share counts as a burst. While it was not, Redis and the shares refilled side by side.
    /// </summary>
    public SpanLaw OfReadings(Quota quota)
    {
        var law = Bare(quota);
        return law with { Allowances = [.. Episodes.SelectMany(episode => AllowedInReadings(episode, law))] };
    }

    /// <summary>What Redis alone may admit from its start to its end, whatever happens around it.</summary>
    public SpanLaw Bare(Quota quota) => quota is TokenQuota bucket ? SpanLaw.Of(bucket, Instances) : SpanLaw.Of((WindowQuota)quota, Instances);

    private IEnumerable<Allowance> Allowed(Episode episode, SpanLaw law) => episode.CutOff(Instances) switch
    {
        0 => [],
        var some when some < Instances => [Shares(some, law, episode.BeginsUs, episode.RecoveredUs)],
        _ => [Beginning(episode, law), OneTokenEach(episode, law), FindingBack(episode, law)],
    };

    private IEnumerable<Allowance> AllowedInReadings(Episode episode, SpanLaw law) => episode.CutOff(Instances) switch
    {
        0 => [],
        var some when some < Instances => [Shares(some, law, episode.BeginsUs, episode.RecoveredUs) with { BurstUnits = 0 }],
        _ => [Beginning(episode, law), FindingBack(episode, law) with { BurstUnits = 0 }],
    };

    private static Allowance Beginning(Episode episode, SpanLaw law) => new(episode.BeginsUs, episode.StruckUs + BeginningUs, law.CapacityUnits);

    /// <summary>Each instance has one token at least, also where there are fewer tokens than instances.</summary>
    private Allowance OneTokenEach(Episode episode, SpanLaw law) =>
        new(episode.BeginsUs, episode.RecoveredUs, Math.Max(0, (Instances * law.UnitsPerToken) - law.CapacityUnits));

    /// <summary>The first is back, and the others are not.</summary>
    private Allowance FindingBack(Episode episode, SpanLaw law) => Shares(Instances - 1, law, episode.HealsUs, episode.RecoveredUs);

    /// <summary>What so many instances may hand out beside Redis. Units are scaled by the number of instances, so a share of them is whole.</summary>
    private Allowance Shares(int instances, SpanLaw law, long fromUs, long untilUs) =>
        new(fromUs, untilUs, instances * Math.Max(law.CapacityUnits / Instances, law.UnitsPerToken), instances * (law.UnitsPerUs / Instances));
}
