using Weir.Drill.Tests.Faults;
using Weir.Drill.Tests.Fleet;
using Weir.Drill.Tests.Laws;
using Weir.Drill.Tests.Load;

namespace Weir.Drill.Tests;

/// <summary>Runs a schedule of faults under load.</summary>
internal sealed class Drill
{
    /// <summary>Code that is new is slow.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>What is leased has gone back by then.</summary>
    private static readonly TimeSpan LeasesEnd = TimeSpan.FromMilliseconds(100);

    /// <summary>Redis may be late once, on a machine that is busy.</summary>
    private const int ReadingTries = 5;

    private readonly DrillClock _clock = new();
    private readonly List<Episode> _episodes = [];
    private readonly List<Reading> _readings = [];
    private readonly Servers _servers;

    private Drill(Servers servers) => _servers = servers;

    public static async Task<DrillRecord> RunAsync(int instances, Schedule schedule)
    {
        await using var servers = await Servers.StartAsync(instances, Mix.Policies);
        return await new Drill(servers).RunAsync(schedule);
    }

    private async Task<DrillRecord> RunAsync(Schedule schedule)
    {
        await using var traffic = new Traffic(_servers.Instances, Mix.Demands, _clock);
        await Task.Delay(WarmUp);
        long warm = _clock.NowUs;
        foreach (var fault in schedule.Faults)
        {
            await Task.Delay(schedule.Calm);
            _episodes.Add(await RunAsync(fault));
            if (fault.Reach != Reach.Nobody)
                await ReadAsync(traffic);
        }

        await Task.Delay(schedule.Calm);
        using (await traffic.SilenceAsync())
            return new DrillRecord(_servers.Instances.Count, PolicyDocument.Parse(Mix.Policies, "the drill's"), _clock.WallUs, warm, traffic.Log, _episodes, _readings);
    }

    private async Task<Episode> RunAsync(Fault fault)
    {
        long begins = _clock.NowUs;
        await fault.Strike(_servers);
        long struck = _clock.EndUs;
        await Task.Delay(fault.Lasts);
        long heals = _clock.NowUs;
        await fault.Heal(_servers);
        await _servers.UntilRedisDecidesAsync();
        return new Episode(fault, begins, struck, heals, _clock.EndUs);
    }

    /// <summary>Reads what is left, at every instance. Nobody takes meanwhile, so that all there is to know of a bucket is in Redis.</summary>
    private async Task ReadAsync(Traffic traffic)
    {
        using (await traffic.SilenceAsync())
        {
            await Task.Delay(LeasesEnd);
            _readings.AddRange((await Task.WhenAll(_servers.Instances.Select(ReadAsync))).SelectMany(readings => readings));
        }
    }

    private async Task<List<Reading>> ReadAsync(Instance instance)
    {
        var readings = new List<Reading>();
        foreach (var demand in Mix.Demands)
        {
            var left = await ReadAsync(instance, demand);
            for (int tries = 1; left.Count == 0 && tries < ReadingTries; tries++)
                left = await ReadAsync(instance, demand);
            readings.AddRange(left);
        }

        return readings;
    }

    private async Task<List<Reading>> ReadAsync(Instance instance, Demand demand)
    {
        long sent = _clock.NowUs;
        var left = await instance.ReadAsync(demand);
        long answered = _clock.EndUs;
        return [.. left.Select(line => new Reading(_episodes.Count - 1, demand, line.Limit, sent, answered, line.Remaining))];
    }
}
