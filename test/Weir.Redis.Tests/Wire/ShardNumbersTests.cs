using System.Net;
using System.Text;

namespace Weir.Redis.Tests.Wire;

/// <summary>Shards of a cluster have the same numbers at all instances, whatever happens to their nodes.</summary>
public sealed class ShardNumbersTests
{
    private static readonly EndPoint A = Node(1), B = Node(2), C = Node(3), D = Node(4);

    private readonly ShardNumbers _numbers = new();
    private int _changes;

    public ShardNumbersTests() => _numbers.Changed += () => _changes++;

    private static IPEndPoint Node(int port) => new(IPAddress.Loopback, port);

    private static IEnumerable<int> Third(int which) => Enumerable.Range(which * 5_461, which == 2 ? 5_462 : 5_461);

    private static int SlotOf(string tenant) => RedisSlot.Of(Encoding.UTF8.GetBytes(tenant));

    private void LearnThirds() => _numbers.Learn([(A, Third(0)), (B, Third(1)), (C, Third(2))]);

    [Theory]
    [InlineData("acme")]
    [InlineData("default")]
    [InlineData("~0")]
    public void A_Redis_that_is_no_cluster_is_shard_0(string tenant)
    {
        Assert.Equal(0, _numbers.Of(SlotOf(tenant)));
        Assert.Equal([0], _numbers.All);
        Assert.Null(_numbers.NodeOf(0));
    }

    [Fact]
    public void A_cluster_of_one_node_is_shard_0()
    {
        _numbers.Learn([(A, Enumerable.Range(0, RedisSlot.Count))]);
        Assert.Equal([0], _numbers.All);
        Assert.Equal(A, _numbers.NodeOf(0));
    }

    [Fact]
    public void Each_shard_has_the_slot_of_its_own_tenant_and_the_smallest_such_number()
    {
        LearnThirds();
        Assert.Equal(3, _numbers.All.Count);
        foreach (int number in _numbers.All)
        {
            int third = Array.IndexOf([A, B, C], _numbers.NodeOf(number));
            Assert.Equal(number, _numbers.Of(SlotOf(ShardTenant.Of(number))));
            Assert.Contains(SlotOf(ShardTenant.Of(number)), Third(third));
            Assert.DoesNotContain(Enumerable.Range(0, number), smaller => Third(third).Contains(SlotOf(ShardTenant.Of(smaller))));
        }

        Assert.All(Enumerable.Range(0, 1_000).Select(i => $"tenant{i}"), tenant =>
            Assert.Contains(SlotOf(tenant), Third(Array.IndexOf([A, B, C], _numbers.NodeOf(_numbers.Of(SlotOf(tenant)))))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8_000)]
    [InlineData(16_383)]
    public void Any_slot_may_be_all_that_a_shard_has(int slot)
    {
        _numbers.Learn([(A, Enumerable.Range(0, RedisSlot.Count).Where(other => other != slot)), (B, [slot])]);
        Assert.Equal(2, _numbers.All.Count);
        int number = Assert.Single(_numbers.All, number => _numbers.NodeOf(number)!.Equals(B));
        Assert.Equal(slot, SlotOf(ShardTenant.Of(number)));
    }

    [Fact]
    public void A_replica_that_is_promoted_has_the_number_of_its_master()
    {
        LearnThirds();
        int[] before = [.. _numbers.All];
        int number = _numbers.All.Single(number => _numbers.NodeOf(number)!.Equals(B));

        _numbers.Learn([(A, Third(0)), (D, Third(1)), (C, Third(2))]);

        Assert.Equal(before, _numbers.All);
        Assert.Equal(D, _numbers.NodeOf(number));
    }

    [Fact]
    public void A_slot_that_moves_has_the_number_of_its_new_shard()
    {
        LearnThirds();
        int slot = SlotOf("acme"), from = slot / 5_461;
        int[] before = [.. _numbers.All];

        _numbers.Learn(Enumerable.Range(0, 3).Select(third => (
            new[] { A, B, C }[third],
            third == from ? Third(third).Where(other => other != slot) : third == (from + 1) % 3 ? Third(third).Append(slot) : Third(third))));

        Assert.Equal(before, _numbers.All);
        Assert.Equal(new[] { A, B, C }[(from + 1) % 3], _numbers.NodeOf(_numbers.Of(SlotOf("acme"))));
    }

    [Fact]
    public void A_slot_that_no_node_has_keeps_its_number_and_nothing_is_learned_from_nothing()
    {
        LearnThirds();
        string tenant = Enumerable.Range(0, 100).Select(i => $"tenant{i}").First(tenant => Third(1).Contains(SlotOf(tenant)));
        int number = _numbers.Of(SlotOf(tenant));

        _numbers.Learn([(A, Third(0)), (B, []), (C, Third(2))]);
        Assert.Equal((number, 2), (_numbers.Of(SlotOf(tenant)), _numbers.All.Count));
        _numbers.Learn([]);
        Assert.Equal(2, _numbers.All.Count);
    }

    [Fact]
    public void What_is_learned_again_changes_nothing()
    {
        LearnThirds();
        LearnThirds();
        Assert.Equal(1, _changes);
        _numbers.Learn([(A, Third(0)), (D, Third(1)), (C, Third(2))]);
        Assert.Equal(2, _changes);
    }
}
