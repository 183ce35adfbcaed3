using CsCheck;
using Weir.Simulation;

namespace Weir.Redis.Tests.Simulation;

/// <summary>The laws of leases, over histories of a simulated Redis and instances with faults. A failure names its seed.</summary>
public sealed class LeaseLaws
{
    private static readonly TimeSpan Horizon = TimeSpan.FromMilliseconds(20);

    /// <summary>More by the environment: <c>LEASE_SEEDS=100000 dotnet test …</c>.</summary>
    private static readonly int Seeds = int.TryParse(Environment.GetEnvironmentVariable("LEASE_SEEDS"), out int seeds) ? seeds : 300;

    private static LeaseSimulation Run(int seed, PlantedBug bug = PlantedBug.None)
    {
        var random = new Random(seed);
        bool bursts = random.Next(2) == 0;
        int rate = random.Next(1, 50_000);
        // Where a bucket holds little more than comes back in a horizon, a mistake of what comes back shows.
        var quota = TokenQuota.Create(rate, TimeSpan.FromSeconds(1), bursts ? random.Next(1 + (rate / 50), 10 + (rate / 4)) : random.Next(10, 20_000));
        var simulation = new LeaseSimulation(seed, quota, Horizon, random.Next(1, 9), bug)
        {
            BurstLength = bursts ? random.Next(10, 1_000) : 0,
            MostLatencyUs = random.Next(100, bursts ? 12_000 : 30_000),
            Lost = random.Next(3) == 0 ? 0.05 : 0,
            Faults = random.Next(2) == 0,
        };
        simulation.Run(TimeSpan.FromSeconds(bursts ? 0.3 : 1), random.Next(1, 5), [.. Enumerable.Range(0, 8).Select(_ => Math.Pow(10, 1 + (3 * random.NextDouble())))]);
        return simulation;
    }

    [Fact]
    public void L1_instances_that_lease_admit_no_unit_more_than_one_bucket_would()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var simulation = Run(seed);
            Assert.True(simulation.UnitsOver == 0, $"seed {seed}: {simulation.UnitsOver} units over, {simulation.Admitted} tokens admitted");
        }
    }

    /// <summary>A law that finds no mistake would say nothing.</summary>
    [Theory]
    [MemberData(nameof(Bugs))]
    public void Each_mistake_that_is_planted_is_found(int bug) =>
        Assert.Contains(Enumerable.Range(0, 2_000), seed => LeaseProtocol.UnitsOver(seed, (PlantedBug)bug) > 0);

    [Fact]
    public void L1_holders_that_use_leases_as_it_hurts_most_admit_no_unit_more_than_one_bucket_would()
    {
        for (int seed = 0; seed < 10 * Seeds; seed++)
            Assert.True(LeaseProtocol.UnitsOver(seed, PlantedBug.None) == 0, $"seed {seed}: {LeaseProtocol.UnitsOver(seed, PlantedBug.None)} units over");
    }

    public static TheoryData<int> Bugs => [.. Enum.GetValues<PlantedBug>().Where(bug => bug != PlantedBug.None).Select(bug => (int)bug)];

    [Theory]
    [InlineData(1_000, 2_000)]
    [InlineData(10_000, 20_000)]
    [InlineData(20_000, 1_000)]
    public void L13_under_saturation_nearly_all_that_is_allowed_is_admitted(long perSecond, long capacity)
    {
        var quota = TokenQuota.Create(perSecond, TimeSpan.FromSeconds(1), capacity);
        var simulation = new LeaseSimulation(1, quota, Horizon, 4);
        double unit = 2.0 * perSecond / 15;
        simulation.Run(TimeSpan.FromSeconds(5), 1, unit, 2 * unit, 4 * unit, 8 * unit);
        Assert.Equal(0, simulation.UnitsOver);
        Assert.InRange(simulation.Admitted, 0.99 * (capacity + (5.0 * perSecond)), capacity + (5.0 * perSecond) + 1);
    }

    [Fact]
    public void A_hot_key_with_plenty_seldom_asks_Redis()
    {
        var simulation = new LeaseSimulation(1, TokenQuota.Create(100_000, TimeSpan.FromSeconds(1), 200_000), Horizon, 4) { MostLatencyUs = 500 };
        simulation.Run(TimeSpan.FromSeconds(2), 1, 12_500);
        // Those that come while an ask is on its way are asks too, and share the next call.
        Assert.InRange((double)simulation.Counts.Asked / simulation.Counts.Decisions, 0, 0.05);
        Assert.Equal(simulation.Counts.Decisions, simulation.Admitted);
    }

    [Fact]
    public void A_saturated_key_asks_Redis_two_hundred_times_a_second_whatever_the_load()
    {
        var simulation = new LeaseSimulation(1, TokenQuota.Create(100, TimeSpan.FromSeconds(1), 200), Horizon, 1) { MostLatencyUs = 500 };
        simulation.Run(TimeSpan.FromSeconds(4), 1, 40_000);
        Assert.InRange(simulation.Counts.Asked, 300, 4 * 230);
        Assert.InRange(simulation.Admitted, 0.99 * 600, 601);
    }
}
