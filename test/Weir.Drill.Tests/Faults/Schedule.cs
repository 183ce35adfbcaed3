using static Weir.Drill.Tests.Faults.Vocabulary;

namespace Weir.Drill.Tests.Faults;

/// <summary>What happens in a drill.</summary>
/// <param name="Faults">The faults, in order.</param>
/// <param name="Calm">How long nothing happens before each of them, and after the last.</param>
internal sealed record Schedule(IReadOnlyList<Fault> Faults, TimeSpan Calm)
{
    /// <summary>What every run of the tests does.</summary>
    public static Schedule Short(int instances) => new(
        [KillRedis(Seconds(2.5)), PauseRedis(Seconds(1.5)), CutOff(instances - 1, Seconds(2))],
        Seconds(1.2));

    /// <summary>Everything, in about so much time. What befalls an instance comes last, since those that are left may take a while to know how many they are.</summary>
    public static Schedule Full(int instances, TimeSpan time)
    {
        int last = instances - 1;
        Func<TimeSpan, Fault>[] faults =
        [
            KillRedis, PauseRedis, StopRedis, HoldClients,
            lasts => CutOff(0, lasts), lasts => LosePackets(last, lasts), lasts => SlowNetwork(0, lasts),
            lasts => PauseInstance(last, lasts), lasts => KillInstance(0, lasts),
        ];
        var turn = time / (faults.Length + 0.5);
        return new Schedule([.. faults.Select(fault => fault(turn * 0.5))], turn * 0.4);
    }

    /// <summary>One long outage.</summary>
    public static Schedule Outage(TimeSpan lasts) => new([KillRedis(lasts)], Seconds(3));

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
