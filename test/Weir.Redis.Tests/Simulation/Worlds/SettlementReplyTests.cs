using System.Buffers.Binary;
using Weir.Simulation;
using Weir.Simulation.Worlds;

namespace Weir.Redis.Tests.Simulation.Worlds;

/// <summary>What an instance learns from a reply that settles a bucket and decides about it as well.</summary>
public sealed class SettlementReplyTests
{
    private const string Key = "k";

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 100);

    private static readonly Plan Plan = new("p", [new Limit("l", [Limit.KeyDimension], Slow)], OnOutage.Local);

    [Theory]
    [InlineData(3, 2)]
    [InlineData(1, 40)]
    [InlineData(45, 1)]
    public Task L7_a_take_that_travels_with_its_settlement_is_restored_if_Redis_loses_it(long alone, long taken) =>
        OneThread.RunAsync(() => HeldAfterLoss(alone, taken));

    private static bool HeldAfterLoss(long alone, long taken)
    {
        using var world = new World(1, Plan, instances: 1);
        var instance = world.Instances[0];
        world.Run(TimeSpan.FromMilliseconds(300));

        // Memory decides one take in place of Redis, and the next one travels with its settlement.
        instance.Network.Cut = Cut.Hanging;
        _ = world.TakeAsync(instance, Key, alone);
        world.Run(TimeSpan.FromMilliseconds(40));
        Assert.Equal(1, instance.Store.Owing);
        instance.Network.Cut = Cut.None;
        _ = world.TakeAsync(instance, Key, taken);
        world.Run(TimeSpan.FromMilliseconds(40));
        Assert.Equal((0, 2), (instance.Store.Owing, world.Log.Admitted));

        instance.Network.Cut = Cut.Refused;
        world.Run(TimeSpan.FromMilliseconds(300));
        world.Redis.Forget();
        instance.Network.Cut = Cut.None;
        world.Run(TimeSpan.FromMilliseconds(1_500));
        Assert.Equal(alone + taken, Held(world), 0.01);
        return true;
    }

    private static double Held(World world) => world.Redis.Get($"weir:{{t}}:l:{Key}") is { } bucket
        ? BinaryPrimitives.ReadDoubleLittleEndian(bucket) / Slow.Rate.UnitsPerToken
        : 0;
}
