using Weir.Drill.Tests.Faults;
using Weir.Drill.Tests.Laws;
using Weir.Drill.Tests.Load;

namespace Weir.Drill.Tests;

/// <summary>All that is known of a drill.</summary>
/// <param name="Instances">How many there were.</param>
/// <param name="Policies">What they decided by.</param>
/// <param name="WallUs">The time of day at the beginning of the drill's clock.</param>
/// <param name="WarmUs">When the load had run for a while.</param>
/// <param name="Log">Every request.</param>
/// <param name="Episodes">Every fault, in order.</param>
/// <param name="Readings">What was left after them.</param>
internal sealed record DrillRecord(
    int Instances, PolicySet Policies, long WallUs, long WarmUs, IReadOnlyList<Logged> Log, IReadOnlyList<Episode> Episodes, IReadOnlyList<Reading> Readings)
{
    /// <summary>
    /// Whether a decision was made by an instance alone although nothing was done to it: on a machine that is busy, Redis is late now and then. Such a decision is an outage of its own, of which
    /// nobody knows where it began, so no law that counts bursts can be held against it.
    /// </summary>
    public bool IsStray(Logged one) => one.Answer.Degraded && !Episodes.Any(episode => episode.KeepsFromRedis(one.Instance) && one.Touches(episode.BeginsUs, episode.RecoveredUs));

    /// <summary>Whether its instance was there to answer it.</summary>
    public bool HadSomebody(Logged one) => !Episodes.Any(episode => episode.Fault.TakesInstanceDown && episode.Fault.Instance == one.Instance && one.Touches(episode.BeginsUs, episode.HealsUs));
}
