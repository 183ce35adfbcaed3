using Weir.Redis.Tests.Topologies;
using Weir.Testing;

namespace Weir.Redis.Tests.Partitions;

/// <summary>Reservations whose buckets lie in several partitions of a cluster.</summary>
[Collection(nameof(OnOneCluster))]
public sealed class PartitionedReservationTests(SharedCluster shared)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly string _tenant = $"res{Guid.NewGuid():N}"[..12];

    [Fact]
    public async Task A_commit_by_another_instance_settles_the_difference_in_each_partition_once()
    {
        await using var one = await Split.OpenAsync(shared);
        await using var two = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "1.1.1.1", "gpt", cost: 4, tokens: 1_000);
        var reservation = await one.Reservations.ReserveAsync(request, Life);
        Assert.Equal([996, 6, 99_000, 3], (await two.LeftAsync(request)).Values);

        var costs = new Dictionary<string, long> { ["tokens"] = 1_290 };
        foreach (var instance in new[] { two, one, two })
            Assert.Equal(SettlementOutcome.Settled, (await instance.Reservations.CommitAsync(reservation.Id!, 2, costs: costs)).Outcome);

        Assert.Equal([998, 8, 98_710, 4], (await one.LeftAsync(request)).Values);
        Assert.Equal(SettlementOutcome.Conflict, (await one.Reservations.CancelAsync(reservation.Id!)).Outcome);
        Assert.Equal([998, 8, 98_710, 4], (await one.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task A_canceled_reservation_gives_everything_back()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "1.1.1.2", "gpt", cost: 4, tokens: 1_000);
        var reservation = await one.Reservations.ReserveAsync(request, Life);

        Assert.Equal(SettlementOutcome.Settled, (await one.Reservations.CancelAsync(reservation.Id!)).Outcome);
        Assert.Equal(SettlementOutcome.Settled, (await one.Reservations.CancelAsync(reservation.Id!)).Outcome);

        Assert.Equal([1_000, 10, 100_000, 4], (await one.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task Commit_and_cancel_at_once_settle_all_partitions_alike()
    {
        await using var one = await Split.OpenAsync(shared);
        await using var two = await Split.OpenAsync(shared);
        for (int i = 0; i < 20; i++)
        {
            var request = Split.Request(_tenant, $"both{i}", $"2.2.2.{i}", $"model{i}", cost: 4, tokens: 1_000);
            var reservation = await one.Reservations.ReserveAsync(request, Life);

            var outcomes = await Task.WhenAll(one.Reservations.CommitAsync(reservation.Id!, null).AsTask(), two.Reservations.CancelAsync(reservation.Id!).AsTask());

            Assert.Equal([SettlementOutcome.Settled, SettlementOutcome.Conflict], outcomes.Select(settlement => settlement.Outcome).Order());
            long[] left = outcomes[0].Outcome == SettlementOutcome.Settled ? [996, 6, 99_000, 4] : [1_000, 10, 100_000, 4];
            Assert.Equal(left, (await one.LeftAsync(request)).Values);
        }
    }

    [Fact]
    public async Task A_reservation_that_is_not_settled_stays_spent_and_its_permits_are_free()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "1.1.1.3", "gpt", cost: 4, tokens: 1_000);
        var reservation = await one.Reservations.ReserveAsync(request, TimeSpan.FromMilliseconds(300));
        Assert.NotNull(reservation.Id);
        Assert.Equal(3, (await one.LeftAsync(request))["streams"]);

        await Until.TrueAsync(async () => (await one.LeftAsync(request))["streams"] == 4, () => "its permit is not free");

        await Until.TrueAsync(async () => (await one.Reservations.CommitAsync(reservation.Id, 0)).Outcome == SettlementOutcome.Unknown, () => "it does not end");
        Assert.Equal([996, 6, 99_000, 4], (await one.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task A_reservation_under_an_idempotency_key_is_made_once_and_has_one_id()
    {
        await using var one = await Split.OpenAsync(shared);
        await using var two = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "1.1.1.4", "gpt", cost: 3, tokens: 10);

        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? one : two).Reservations.ReserveAsync(request, Life, "job-1").AsTask()));

        Assert.Single(all.Select(reservation => reservation.Id).Distinct());
        Assert.Equal([997, 7, 99_990, 3], (await one.LeftAsync(request)).Values);
        Assert.True((await two.Reservations.ReserveAsync(request with { Key = "other" }, Life, "job-1")).Conflict);
        Assert.Equal(SettlementOutcome.Settled, (await two.Reservations.CancelAsync(all[0].Id!)).Outcome);
        Assert.Equal([1_000, 10, 100_000, 4], (await one.LeftAsync(request)).Values);
    }

    [Fact]
    public async Task A_reservation_that_a_limit_in_another_slot_refuses_leaves_nothing()
    {
        await using var one = await Split.OpenAsync(shared);
        var request = Split.Request(_tenant, "k", "1.1.1.5", "gpt", cost: 10, tokens: 10);
        Assert.True((await one.Limiter.TakeAsync(request with { Attributes = new Dictionary<string, string> { ["ip"] = "1.1.1.5" } })).Allowed);

        var refused = await one.Reservations.ReserveAsync(request, Life, "job-2");

        Assert.Null(refused.Id);
        await one.SettledAsync();
        Assert.Equal([990, 0, 99_990, 4], (await one.LeftAsync(request)).Values);
        await one.Limiter.RefundAsync(request with { Costs = null });
        await Until.TrueAsync(async () => (await one.Reservations.ReserveAsync(request, Life, "job-2")).Id is not null, () => "refused");
    }
}
