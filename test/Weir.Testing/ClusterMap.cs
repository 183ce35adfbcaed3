using System.Globalization;

namespace Weir.Testing;

/// <summary>Who serves what, as one node of a cluster sees it: its answer to <c>CLUSTER NODES</c>.</summary>
internal sealed class ClusterMap
{
    private readonly List<Line> _lines;

    private ClusterMap(List<Line> lines) => _lines = lines;

    private sealed record Line(string Id, string[] Flags, string Master, string[] Slots)
    {
        public bool IsMaster => Flags.Contains("master") && !Flags.Contains("fail");

        /// <summary>Slots in migration stand in brackets, and are served by whom they are leaving.</summary>
        public bool Serves(int slot) => IsMaster && Slots.Where(range => range[0] != '[').Any(range => IsIn(range, slot));

        private static bool IsIn(string range, int slot)
        {
            string[] ends = range.Split('-');
            return slot >= int.Parse(ends[0], CultureInfo.InvariantCulture) && slot <= int.Parse(ends[^1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>How many replicas there are.</summary>
    public int Replicas => _lines.Count(line => line.Flags.Contains("slave"));

    public static async Task<ClusterMap> OfAsync(ClusterNode node)
    {
        string reply = await node.CommandAsync("CLUSTER", "NODES");
        return new ClusterMap([.. reply.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)]);
    }

    public bool IsServedBy(int slot, string id) => _lines.Exists(line => line.Id == id && line.Serves(slot));

    /// <summary>Who serves a slot, and a replica of that; null for what there is not.</summary>
    public (string? Master, string? Replica) ShardOf(int slot)
    {
        string? master = _lines.Find(line => line.Serves(slot))?.Id;
        return (master, master is null ? null : _lines.Find(line => line.Master == master)?.Id);
    }

    private static Line Read(string text)
    {
        string[] fields = text.Split(' ');
        return new Line(fields[0], fields[2].Split(','), fields[3], fields[8..]);
    }
}
