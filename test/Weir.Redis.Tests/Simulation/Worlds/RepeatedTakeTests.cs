using System.Buffers.Binary;
using Weir.Simulation;
using Weir.Simulation.Worlds;

namespace Weir.Redis.Tests.Simulation.Worlds;

/// <summary>
/// A take whose reply is late at one instance, repeated under its idempotency key at another one before the first can
/// undo it: it is charged once, and both instances answer the same.
/// </summary>
public sealed class RepeatedTakeTests
{
    private const string Key = "k";

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 20);

    private static readonly Plan Plan = new("p", [new Limit("l", [Limit.KeyDimension], Slow)], OnOutage.Local);

    /// <summary>Two instances; the first one's take is executed, and its reply is held.</summary>
    private sealed class Scene(Plan plan) : IDisposable
    {
        public World World { get; } = new(1, plan, instances: 2);

        public World.Instance First => World.Instances[0];

        public World.Instance Second => World.Instances[1];

        public double Held => World.Redis.Get($"weir:{{t}}:l:{Key}") is { } bucket
            ? Math.Round(BinaryPrimitives.ReadDoubleLittleEndian(bucket) / Slow.Rate.UnitsPerToken, 2)
            : 0;

        public void Dispose() => World.Dispose();

        public void Pass(int ms) => World.Run(TimeSpan.FromMilliseconds(ms));

        /// <summary>Has Redis execute what an instance sends, and holds the reply until its connection is mended.</summary>
        public void HoldReplyOf(World.Instance instance)
        {
            long calls = World.Redis.Calls;
            while (World.Redis.Calls == calls)
                World.Run(TimeSpan.FromMicroseconds(10));
            instance.Network.Cut = Cut.Hanging;
            Pass(30);
        }

        /// <summary>Brings the replies, and lets all be undone and settled.</summary>
        public void Mend()
        {
            foreach (var instance in World.Instances)
                instance.Network.Cut = Cut.None;
            Pass(600);
            Assert.All(World.Instances, instance => Assert.Equal((0, 0), (instance.Store.Owing, instance.Redis.LateUndoing)));
        }

        public static Task<Decision?> TakeAsync(World.Instance instance, long cost) =>
            instance.Limiter.TakeAsync(Request(cost), "once").AsTask();

        public static Task<Reservation> ReserveAsync(World.Instance instance, long cost) =>
            instance.Reservations.ReserveAsync(Request(cost), TimeSpan.FromMinutes(1), "once").AsTask();

        private static RequestFacts Request(long cost) => new(WorldTenant.Only, Key, cost);
    }

    private static Task<bool> InSceneAsync(Action<Scene> play, Plan? plan = null) => OneThread.RunAsync(() =>
    {
        using var scene = new Scene(plan ?? Plan);
        scene.Pass(400);
        play(scene);
        return true;
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    public Task L8_it_is_charged_once_and_answered_the_same_if_memory_allowed_it(long cost) => InSceneAsync(scene =>
    {
        var first = Scene.TakeAsync(scene.First, cost);
        scene.HoldReplyOf(scene.First);
        Assert.Equal((true, DecisionSource.Memory), (first.Result!.Value.Allowed, first.Result!.Value.Source));
        var second = Scene.TakeAsync(scene.Second, cost);
        scene.Pass(5);
        Assert.Equal((true, DecisionSource.Redis), (second.Result!.Value.Allowed, second.Result!.Value.Source));

        scene.Mend();
        Assert.Equal(cost, scene.Held);
        // A further repeat at either instance gets the same answer.
        var again = scene.World.Instances.Select(instance => Scene.TakeAsync(instance, cost)).ToArray();
        scene.Pass(100);
        Assert.All(again, one => Assert.Equal((true, DecisionSource.Redis), (one.Result!.Value.Allowed, one.Result!.Value.Source)));
        Assert.Equal(cost, scene.Held);
    });

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(20)]
    public Task L1_it_is_charged_once_if_memory_did_not_allow_it(long cost) => InSceneAsync(scene =>
    {
        // More than the outage share of one of two instances.
        var first = Scene.TakeAsync(scene.First, cost);
        scene.HoldReplyOf(scene.First);
        Assert.False(first.Result!.Value.Allowed);
        var second = Scene.TakeAsync(scene.Second, cost);
        scene.Pass(5);
        Assert.True(second.Result!.Value.Allowed);

        scene.Mend();
        Assert.Equal(cost, scene.Held);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(10)]
    public Task L8_it_is_charged_once_if_both_instances_are_late(long cost) => InSceneAsync(scene =>
    {
        var first = Scene.TakeAsync(scene.First, cost);
        scene.HoldReplyOf(scene.First);
        var second = Scene.TakeAsync(scene.Second, cost);
        scene.HoldReplyOf(scene.Second);
        Assert.True(first.Result!.Value.Allowed && second.Result!.Value.Allowed);

        scene.Mend();
        Assert.Equal(cost, scene.Held);
    });

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(10, 0)]
    public Task L1_it_is_charged_once_if_both_are_late_and_one_has_no_share_left(long cost, int mendedFirst) => InSceneAsync(scene =>
    {
        var first = Scene.TakeAsync(scene.First, cost);
        scene.HoldReplyOf(scene.First);
        // The second instance has spent its share of 10 by itself.
        _ = scene.Second.Store.Alone.TakeAsync(Plan.Resolve(new RequestFacts(WorldTenant.Only, Key, 10)));
        var second = Scene.TakeAsync(scene.Second, cost);
        scene.HoldReplyOf(scene.Second);
        Assert.Equal((true, false), (first.Result!.Value.Allowed, second.Result!.Value.Allowed));

        scene.World.Instances[mendedFirst].Network.Cut = Cut.None;
        scene.Pass(20);
        scene.Mend();
        Assert.Equal(10 + cost, scene.Held);
    });

    [Theory]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(20)]
    public Task L2_it_is_charged_to_nobody_if_no_instance_allowed_it(long cost) => InSceneAsync(scene =>
    {
        var first = Scene.TakeAsync(scene.First, cost);
        scene.HoldReplyOf(scene.First);
        var second = Scene.TakeAsync(scene.Second, cost);
        scene.HoldReplyOf(scene.Second);
        Assert.False(first.Result!.Value.Allowed || second.Result!.Value.Allowed);

        scene.Mend();
        Assert.Equal(0, scene.Held);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    public Task L8_two_late_calls_of_one_instance_under_one_key_are_charged_once(long cost) => InSceneAsync(scene =>
    {
        var both = Enumerable.Range(0, 2).Select(_ => Scene.TakeAsync(scene.First, cost)).ToArray();
        scene.HoldReplyOf(scene.First);
        Assert.All(both, one => Assert.True(one.Result!.Value.Allowed));

        scene.Mend();
        Assert.Equal(cost, scene.Held);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task L8_a_reservation_that_was_repeated_is_one_reservation_by_either_id(int settledAt) => InSceneAsync(scene =>
    {
        var first = Scene.ReserveAsync(scene.First, 7);
        scene.HoldReplyOf(scene.First);
        var second = Scene.ReserveAsync(scene.Second, 7);
        scene.Pass(5);
        string[] ids = [first.Result.Id!, second.Result.Id!];

        scene.Mend();
        Assert.Equal(7, scene.Held);
        var canceled = scene.First.Reservations.CancelAsync(ids[settledAt]).AsTask();
        scene.Pass(100);
        Assert.Equal((SettlementOutcome.Settled, 0), (canceled.Result.Outcome, scene.Held));
        var again = scene.First.Reservations.CommitAsync(ids[1 - settledAt], 3).AsTask();
        scene.Pass(100);
        Assert.Equal((SettlementOutcome.Conflict, 0), (again.Result.Outcome, scene.Held));
    });

    [Fact]
    public Task L8_a_reservation_whose_repeat_was_late_too_is_settled_by_the_id_that_each_instance_gave() => InSceneAsync(scene =>
    {
        var first = Scene.ReserveAsync(scene.First, 7);
        scene.Pass(20);
        var second = Scene.ReserveAsync(scene.Second, 7);
        scene.HoldReplyOf(scene.Second);
        Assert.NotEqual(first.Result.Id, second.Result.Id);

        scene.Mend();
        var canceled = scene.Second.Reservations.CancelAsync(second.Result.Id!).AsTask();
        scene.Pass(400);
        Assert.Equal((SettlementOutcome.Settled, 7), (canceled.Result.Outcome, scene.Held));
        var committed = scene.First.Reservations.CommitAsync(first.Result.Id!, 3).AsTask();
        scene.Pass(100);
        Assert.Equal((SettlementOutcome.Settled, 3), (committed.Result.Outcome, scene.Held));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task L2_a_permit_that_no_instance_handed_out_is_free_again(int mendedFirst) => InSceneAsync(
        scene =>
        {
            // More than the outage share of the bucket.
            var first = Scene.TakeAsync(scene.First, 15);
            scene.HoldReplyOf(scene.First);
            var second = Scene.TakeAsync(scene.Second, 15);
            scene.HoldReplyOf(scene.Second);
            Assert.False(first.Result!.Value.Allowed || second.Result!.Value.Allowed);

            scene.World.Instances[mendedFirst].Network.Cut = Cut.None;
            scene.Pass(20);
            scene.Mend();
            var check = scene.First.Limiter.CheckAsync(new RequestFacts(WorldTenant.Only, Key)).AsTask();
            scene.Pass(20);
            Assert.Equal([20, 100], check.Result.Limits().Select(line => line.Remaining));
        },
        new Plan("p", [Plan.Limits[0], new Limit("streams", [Limit.KeyDimension], Permits)], OnOutage.Local));

    private static ConcurrencyQuota Permits =>
        ConcurrencyQuota.TryCreate(100, TimeSpan.FromMinutes(1), out var quota, out string? error)
            ? quota : throw new ArgumentException(error);
}
