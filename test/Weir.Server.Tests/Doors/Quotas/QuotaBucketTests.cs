namespace Weir.Server.Tests.Doors.Quotas;

public sealed class QuotaBucketTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Eight_clients_of_very_different_demand_get_nearly_all_of_a_limit_and_nothing_over_it(int instances)
    {
        using var world = new QuotaWorld("{ by: [key], rate: 1000/s, burst: 2x }", instances, seed: 1);
        var demand = new Dictionary<EnvoyClient, double>();
        for (int i = 0; i < 8; i++)
            demand.Add(world.Join(i % instances, new EnvoyClient(world.Time, world.Random)), (1 << i) * 10 * QuotaWorld.Step.TotalSeconds);
        await PlayAsync(world, Second * 5, client => demand[client], Second);

        long before = world.Clients.Sum(client => client.Admitted);
        await PlayAsync(world, Second * 10, client => demand[client], Second);
        double admitted = (world.Clients.Sum(client => client.Admitted) - before) / 10_000d;

        Assert.InRange(admitted, 0.95, 1.0);
        Assert.InRange(world.MostOver(2_000, 1_000), double.MinValue, 0);
    }

    [Fact]
    public async Task A_demand_below_the_limit_is_admitted_whole()
    {
        using var world = new QuotaWorld("{ by: [key], rate: 1000/s, burst: 2x }", 2, seed: 2);
        for (int i = 0; i < 8; i++)
            world.Join(i % 2, new EnvoyClient(world.Time, world.Random));
        await PlayAsync(world, Second * 3, _ => 0.5, Second);

        long admitted = world.Clients.Sum(client => client.Admitted), asked = world.Clients.Sum(client => client.Asked);
        await PlayAsync(world, Second * 5, _ => 0.5, Second);

        Assert.InRange(
            (world.Clients.Sum(client => client.Admitted) - admitted)
                / (double)(world.Clients.Sum(client => client.Asked) - asked), 0.97, 1);
    }

    /// <summary>Law L1 with clients that crash, lag by up to a lifetime, and ignore updates until theirs is over.</summary>
    [Fact]
    public async Task L1_holds_for_clients_that_crash_lag_and_ignore_updates()
    {
        int seeds = int.TryParse(Environment.GetEnvironmentVariable("QUOTA_SEEDS"), out int given) ? given : 40;
        for (int seed = 0; seed < seeds; seed++)
        {
            var random = new Random(seed);
            int perSecond = random.Next(2, 2_000), capacity = Math.Max(2, (int)(perSecond * (0.3 + (random.NextDouble() * 4))));
            int instances = random.Next(1, 4);
            using var world = new QuotaWorld($"{{ by: [key], rate: {perSecond}/s, burst: {capacity} }}", instances, seed);
            for (int step = 0; step < 2_000; step++)
            {
                if (random.Next(100) == 0)
                    world.Join(random.Next(instances), new EnvoyClient(world.Time, random) { Lag = 0.99, IgnoresUpdates = random.Next(2) == 0 });
                if (random.Next(150) == 0 && world.Clients.FirstOrDefault(client => client.Subscription is not null) is { } crashed)
                    world.Crash(crashed);
                await world.PlayAsync(_ => random.NextDouble() < 0.3 ? perSecond * 0.02 * random.NextDouble() : 0, Second / 4);
            }

            Assert.True(world.MostOver(capacity, perSecond) <= 1e-6, $"seed {seed}: {world.MostOver(capacity, perSecond)} over");
            Assert.True(world.Error is not null || world.Clients.Sum(client => client.Admitted) > 0, $"seed {seed}: none admitted");
        }
    }

    [Fact]
    public async Task A_client_without_requests_is_abandoned_after_two_minutes()
    {
        using var world = new QuotaWorld("{ by: [key], rate: 10/s, burst: 2x }", 1, seed: 3);
        var busy = world.Join(0, new EnvoyClient(world.Time, world.Random));
        var idle = world.Join(0, new EnvoyClient(world.Time, world.Random));

        await PlayAsync(world, QuotaBucket.Patience + Second, client => client == busy ? 0.05 : 0, Second);

        Assert.True(idle.IsAbandoned);
        Assert.False(busy.IsAbandoned);
    }

    [Fact]
    public async Task A_limit_whose_burst_returns_at_once_is_not_assigned_and_the_error_names_it()
    {
        using var world = new QuotaWorld("{ by: [key], rate: 1000/s, burst: 100 }", 1, seed: 4);
        var client = world.Join(0, new EnvoyClient(world.Time, world.Random));

        await PlayAsync(world, Second, _ => 1, Second);

        Assert.True(client.IsAbandoned);
        Assert.Equal("per-key: its burst returns within 100 ms; use a burst of 200 ms or more", world.Error);
    }

    [Fact]
    public async Task A_window_is_spent_at_most_once_by_all_clients_and_again_in_the_next_window()
    {
        using var world = new QuotaWorld("{ by: [key], window: { limit: 100, every: minute } }", 2, seed: 5);
        for (int i = 0; i < 4; i++)
            world.Join(i % 2, new EnvoyClient(world.Time, world.Random));

        await PlayAsync(world, Second * 59, _ => 0.2, Second);
        Assert.InRange(world.Clients.Sum(client => client.Admitted), 80, 100);

        await PlayAsync(world, Second * 30, _ => 0.2, Second);
        Assert.InRange(world.Clients.Sum(client => client.Admitted), 160, 200);
    }

    private static async Task PlayAsync(
        QuotaWorld world, TimeSpan span, Func<EnvoyClient, double> requests, TimeSpan reportEvery)
    {
        for (int step = 0; step < span / QuotaWorld.Step; step++)
            await world.PlayAsync(requests, reportEvery);
    }
}
