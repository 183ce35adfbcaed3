namespace Weir;

internal static class Partition
{
    public static int OfRecord(UInt128 id, int partitions) => partitions == 1 ? 0 : (int)(id % (uint)partitions);

    /// <summary>Returns the id under which a partition stores its part of a record.</summary>
    public static UInt128 IdIn(int partition, UInt128 id, int partitions)
    {
        var other = ~id;
        return other - (other % (uint)partitions) + (uint)partition;
    }

    // Returns the partition of a command: that of its first bucket or, without buckets, that of its record.
    public static int Of(this IShardMap map, in BucketCommand command)
    {
        int partitions = map.Partitions;
        return partitions == 1 ? 0
            : !command.LimitsRef.IsEmpty ? map.PartitionOf(command.LimitsRef.Facts, command.LimitsRef.First)
            : command.RecordKey is { } record ? OfRecord(record.Undoes?.Id ?? record.Id, partitions) : 0;
    }

    public static bool HasTogether(this IShardMap map, in LimitSet limits)
    {
        if (limits.Count <= 1)
            return true;
        int first = map.PartitionOf(limits.Facts, limits.First);
        foreach (var limit in limits)
        {
            if (map.PartitionOf(limits.Facts, limit) != first)
                return false;
        }

        return true;
    }
}
