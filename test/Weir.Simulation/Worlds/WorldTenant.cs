using System.Text;

namespace Weir.Simulation.Worlds;

/// <summary>A tenant of a world, whose buckets lie on a node of their own, and what was done to them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Node">The number of the node.</param>
/// <param name="Redis">The node.</param>
internal sealed record WorldTenant(string Name, int Node, LuaRedis Redis)
{
    /// <summary>The only tenant of a world of one node.</summary>
    public const string Only = "t";

    /// <summary>What was admitted.</summary>
    public WorldLog Log { get; } = new();

    /// <summary>Which permits were held.</summary>
    public PermitLog Permits { get; } = new();

    /// <summary>The idempotency keys under which something was admitted.</summary>
    public HashSet<UInt128> Admitted { get; } = [];

    /// <summary>What Redis answered to takes under an idempotency key.</summary>
    public RepeatLog Repeats { get; } = new();

    /// <summary>The longest that a caller waited for an answer, in microseconds.</summary>
    public long LongestUs { get; set; }

    /// <summary>Makes a tenant for each node.</summary>
    public static WorldTenant[] Of(IReadOnlyList<LuaRedis> nodes) =>
        [.. nodes.Select((redis, node) => new WorldTenant(NameAt(node, nodes.Count), node, redis))];

    /// <summary>The node loses its memory.</summary>
    public void Forget()
    {
        Redis.Forget();
        Repeats.Clear();
    }

    private static string NameAt(int node, int nodes)
    {
        string name = Only;
        for (int i = 2; NodeOf(name, nodes) != node; i++)
            name = $"{Only}{i}";
        return name;
    }

    private static int NodeOf(string name, int nodes) =>
        Shards.NodeOf(RedisSlot.Of(Encoding.UTF8.GetBytes(name)), nodes);
}
