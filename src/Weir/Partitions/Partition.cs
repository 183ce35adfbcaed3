namespace Weir;

/// <summary>Says in which partition commands and records lie.</summary>
internal static class Partition
{
    /// <summary>Returns the partition of a record that is looked up by its id.</summary>
    public static int OfRecord(UInt128 id, int partitions) => partitions == 1 ? 0 : (int)(id % (uint)partitions);

    /// <summary>
    /// Returns the id of the part of a record that lies in a partition. No record as a whole has such an id.
    /// </summary>
    public static UInt128 IdIn(int partition, UInt128 id, int partitions)
    {
        var other = ~id;
        return other - (other % (uint)partitions) + (uint)partition;
    }

    /// <summary>Returns the partition of a command whose buckets lie together; its record lies there, too.</summary>
    public static int Of(this IShardMap map, in BucketCommand command)
    {
        int partitions = map.Partitions;
        return partitions == 1 ? 0
            : !command.LimitsRef.IsEmpty ? map.PartitionOf(command.LimitsRef.Facts, command.LimitsRef.First)
            : command.RecordKey is { } record ? OfRecord(record.Undoes?.Id ?? record.Id, partitions) : 0;
    }

    /// <summary>True if all buckets of a request lie in one partition.</summary>
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
