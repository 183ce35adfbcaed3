using System.Text;
using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests.Partitions;

/// <summary>Where the buckets of a tenant lie. These keys stand in people's Redis.</summary>
public sealed class PartitionFormatTests
{
    private const int Count = 64;

    private static readonly Limit PerKey = new("per-key", [Limit.KeyDimension], Some.Quota);
    private static readonly Limit PerIp = new("per-ip", ["ip"], Some.Quota);

    private static readonly string[] Tenants = [.. Enumerable.Range(0, 500).Select(i => $"tenant-{i * 7919}")];

    [Theory]
    [InlineData("user_1", "weir:{acme:025}:per-key:user_1")]
    [InlineData("user_2", "weir:{acme:015}:per-key:user_2")]
    [InlineData("a:b", "weir:{acme:034}:per-key:a%3Ab")]
    public void A_key_names_its_partition_in_octal(string key, string expected) => Assert.Equal(expected, KeyOf(Format(), "acme", key, PerKey));

    [Fact]
    public void The_partition_is_the_XXH3_of_the_spelled_values_modulo_the_number_of_partitions()
    {
        foreach (string key in new[] { "user_1", "user_2", "a b" })
            Assert.Equal((int)(System.IO.Hashing.XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(":" + key)) % Count), Format().PartitionOf(new RequestFacts("acme", key), PerKey));
    }

    [Fact]
    public void L12_limits_with_the_same_dimensions_share_a_slot_and_another_limit_moves_no_bucket() =>
        Gen.Select(Gen.String[1, 20], Gen.Int[1, RedisOptions.MaxPartitions]).Sample((key, count) =>
        {
            var format = Format(count);
            var other = new Limit("daily", [Limit.KeyDimension], Some.WindowOf(100));
            var permits = new Limit("streams", [Limit.KeyDimension], Split.Permits(4));
            int slot = SlotOf(KeyOf(format, "acme", key, PerKey));
            return SlotOf(KeyOf(format, "acme", key, other)) == slot && SlotOf(KeyOf(format, "acme", key, permits)) == slot
                && format.SlotOf("acme", format.PartitionOf(new RequestFacts("acme", key), PerKey)) == slot;
        });

    [Fact]
    public void A_record_lies_in_the_partition_that_its_id_names_as_do_its_parts()
    {
        var format = Format();
        for (int partition = 0; partition < Count; partition++)
        {
            var id = RecordKey.NewId();
            var part = Partition.IdIn(partition, id, Count);
            Assert.Equal(partition, Partition.OfRecord(part, Count));
            Assert.Equal(format.SlotOf("acme", partition), RedisSlot.Of(format.RecordOf("acme", part)));
            Assert.Equal(format.SlotOf("acme", (int)(id % Count)), RedisSlot.Of(format.RecordOf("acme", id)));
            Assert.NotEqual(id, part);
        }
    }

    [Theory]
    [InlineData(64, 2, 0.5)]
    [InlineData(64, 3, 0.376)]
    [InlineData(64, 4, 0.25)]
    [InlineData(64, 6, 0.188)]
    [InlineData(128, 3, 0.345)]
    [InlineData(512, 7, 0.15)]
    public void The_partitions_of_every_tenant_lie_evenly_over_the_nodes(int count, int nodes, double most)
    {
        var format = Format(count);
        Assert.All(Tenants, tenant =>
        {
            int[] held = new int[nodes];
            for (int partition = 0; partition < count; partition++)
                held[format.SlotOf(tenant, partition) * nodes / RedisSlot.Count]++;
            Assert.InRange((double)held.Max() / count, 0, most);
        });
    }

    [Fact]
    public void With_one_partition_keys_and_records_are_as_without()
    {
        Assert.Equal("weir:{acme}:per-key:user_1", KeyOf(Format(1), "acme", "user_1", PerKey));
        Assert.Equal($"weir:{{acme}}:~memo:{1:x32}", Encoding.UTF8.GetString(Format(1).RecordOf("acme", 1)));
        Assert.Equal(RedisSlot.Of("acme"u8), Format(1).SlotOf("acme", 0));
    }

    [Fact]
    public void The_tenant_of_a_shard_has_no_partitions()
    {
        Assert.Equal("weir:{~7}:per-key:user_1", KeyOf(Format(), "~7", "user_1", PerKey));
        Assert.Equal(RedisSlot.Of("~7"u8), Format().SlotOf("~7", 0));
    }

    [Fact]
    public void L9_a_partition_says_of_a_private_key_no_more_than_its_hash_does()
    {
        var format = new RedisKeyFormat("weir", new KeyHash("0123456789abcdef0123456789abcdef"), new PartitionCount(Count));
        var other = new RedisKeyFormat("weir", new KeyHash("another-secret-of-many-characters"), new PartitionCount(Count));
        int same = Enumerable.Range(0, 640).Count(i =>
            format.PartitionOf(new RequestFacts("acme", $"user_{i}"), PerKey) == other.PartitionOf(new RequestFacts("acme", $"user_{i}"), PerKey));
        Assert.InRange(same, 0, 40);
    }

    [Fact]
    public void Values_that_are_missing_or_are_grouped_have_the_partition_of_their_bucket()
    {
        var together = new Limit("per-ip", ["ip"], Some.Quota) { Missing = OnMissing.Together };
        var net = new Limit("per-net", [new Dimension("ip", 64, 24)], Some.Quota);
        var format = Format();
        Assert.Equal(format.PartitionOf(new RequestFacts("acme", "a"), together), format.PartitionOf(new RequestFacts("acme", "b"), together));
        Assert.Equal(PartitionOf(net, "1.2.3.4"), PartitionOf(net, "1.2.3.5:80"));
        Assert.NotEqual(PartitionOf(PerIp, "1.2.3.4"), PartitionOf(PerIp, "1.2.3.5"));

        int PartitionOf(Limit limit, string ip) =>
            format.PartitionOf(new RequestFacts("acme", "a", 1, new Dictionary<string, string> { ["ip"] = ip }), limit);
    }

    private static RedisKeyFormat Format(int count = Count) => new("weir", null, new PartitionCount(count));

    private static string KeyOf(RedisKeyFormat format, string tenant, string key, Limit limit) =>
        Encoding.UTF8.GetString(format.KeyOf(new RequestFacts(tenant, key), limit));

    private static int SlotOf(string key) => RedisSlot.Of(Encoding.UTF8.GetBytes(key));
}
