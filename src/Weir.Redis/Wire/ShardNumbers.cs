using System.Net;
using System.Text;

namespace Weir.Redis;

/// <summary>Numbers the shards of a cluster alike at all instances: by the smallest <see cref="ShardTenant"/> in a slot
/// of the shard. A promoted replica keeps the number of its master. Safe for concurrent use.</summary>
internal sealed class ShardNumbers
{
    private static readonly IReadOnlyList<int> One = [0];

    /// <summary>For each slot, the smallest number whose shard tenant lies in the slot.</summary>
    private static readonly Lazy<int[]> Smallest = new(FindSmallest);

    private readonly Lock _gate = new();
    private volatile Map? _map;

    private sealed record Map(int[] OfSlot, IReadOnlyDictionary<int, EndPoint> Nodes)
    {
        public IReadOnlyList<int> All { get; } = [.. Nodes.Keys.Order()];
    }

    public event Action? Changed;

    public IReadOnlyList<int> All => _map?.All ?? One;

    public bool IsOne => _map is null;

    public int Of(int slot) => _map is { } map ? map.OfSlot[slot] : 0;

    public EndPoint? NodeOf(int number) => _map?.Nodes.GetValueOrDefault(number);

    /// <summary>Learns the slots of the masters. A slot without a master keeps its previous number.</summary>
    public void Learn(IEnumerable<(EndPoint Node, IEnumerable<int> Slots)> masters)
    {
        lock (_gate)
        {
            var before = _map;
            int[] numbers = before is null ? new int[RedisSlot.Count] : [.. before.OfSlot];
            var nodes = new Dictionary<int, EndPoint>();
            foreach (var (node, slots) in masters.Select(master => (master.Node, Slots: master.Slots.ToArray())).Where(master => master.Slots.Length > 0))
            {
                int number = slots.Min(slot => Smallest.Value[slot]);
                nodes[number] = node;
                foreach (int slot in slots)
                    numbers[slot] = number;
            }

            bool isSame = before is not null && before.OfSlot.AsSpan().SequenceEqual(numbers)
                && before.Nodes.Count == nodes.Count && before.Nodes.All(known => nodes.GetValueOrDefault(known.Key)?.Equals(known.Value) == true);
            if (nodes.Count == 0 || isSame)
                return;
            _map = new Map(numbers, nodes);
        }

        Changed?.Invoke();
    }

    private static int[] FindSmallest()
    {
        int[] smallest = new int[RedisSlot.Count];
        Array.Fill(smallest, -1);
        for (int number = 0, left = smallest.Length; left > 0; number++)
        {
            ref int known = ref smallest[RedisSlot.Of(Encoding.UTF8.GetBytes(ShardTenant.Of(number)))];
            if (known >= 0)
                continue;
            known = number;
            left--;
        }

        return smallest;
    }
}
