using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Weir.Redis;

internal static class NodeCheck
{
    private const int LeastMajorOfRedis = 7, LeastMajorOfValkey = 8;

    private const string Garnet = "Garnet";

    private static readonly RedisScript Rights = new("check.lua"), Atomicity = new("atomic.lua");

    /// <summary>Asks a node for its role and version. A user without the right to INFO gets only the role.</summary>
    public static NodeInfo Ask(NodeConnection connection)
    {
        if (TryAsk(() => connection.Command("INFO")) is { } info)
            return NodeInfo.OfInfo(info);
        return TryAsk(() => connection.CommandForFirst("ROLE")) is { } role ? NodeInfo.OfRole(role) : NodeInfo.Unknown;
    }

    public static IEnumerable<RedisProblem> ProblemsOf(string node, NodeInfo info, string refused, bool isAtomic)
    {
        if (info.Product is null)
            yield return new(node, "unchecked", "Redis refuses INFO, so that version, run id and maxmemory-policy are not checked: give the user +info");
        if (IsTooOld(info))
            yield return new(node, "version", $"it runs {info.Product} {info.Version}: use Redis {LeastMajorOfRedis}, Valkey {LeastMajorOfValkey} or later, or Garnet");
        if (info.EvictionPolicy is { } policy and not "noeviction")
            yield return new(node, "eviction", $"its maxmemory-policy is {policy}, which forgets what was spent: set maxmemory-policy noeviction");
        if (!isAtomic)
            yield return new(node, "scripts", "it runs scripts of several connections side by side, and so admits too much: start Garnet with --lua-transaction-mode true");
        if (refused.Length > 0)
            yield return new(node, "rights", $"it refuses to this user {refused}: give it the rights of the ACL line in docs/redis.md");
    }

    public static string AskRights(NodeConnection connection, NodeInfo info, string prefix)
    {
        byte[] key = Encoding.UTF8.GetBytes($"{prefix}:{{~check}}"), channel = Encoding.UTF8.GetBytes(RedisStore.GivenBackOf(prefix));
        var call = new ScriptCall(Rights);
        if (!info.IsOfCluster)
            call.AddKey(key);
        call.Add(channel);
        if (info.IsOfCluster)
            call.Add(key);
        // Sends the script's text first, so that the node knows its digest.
        string[] refused = [.. RefusedOf(withText: true), .. RefusedOf(withText: false)];
        return string.Join(", ", refused.Distinct());

        string[] RefusedOf(bool withText)
        {
            try
            {
                connection.Write(call, withText, asking: false);
                connection.Flush();
                return Encoding.UTF8.GetString(connection.Read()).Split(", ", StringSplitOptions.RemoveEmptyEntries);
            }
            catch (RedisServerException refusal)
            {
                // Other errors, such as LOADING, say nothing about rights.
                return !IsForbidden(refusal) ? []
                    : refusal.Message.Contains(" key", StringComparison.Ordinal) ? ["the keys"]
                    : [withText ? "eval" : "evalsha"];
            }
        }
    }

    /// <summary>Returns false if a server runs scripts side by side, as only Garnet may. Tests no cluster.</summary>
    public static bool IsAtomic(NodeConnection connection, NodeInfo info, string prefix, Func<NodeConnection> openOther)
    {
        // Skips a node of a cluster, which may not have the slot of the key.
        if (info.Product != Garnet || info.IsOfCluster)
            return true;
        using var other = openOther();
        string key = $"{prefix}:{{~check}}:atomic";
        var call = new ScriptCall(Atomicity);
        call.AddKey(Encoding.UTF8.GetBytes(key));
        // Lets the script wait up to 100 ms for the second connection. Only an atomic script waits that long.
        call.Add("100000"u8);
        connection.Write(call, withText: true, asking: false);
        connection.Flush();
        while (!connection.HasArrived)
            other.Command("SET", key, "other", "PX", "10000");
        bool isWhole = connection.Read().SequenceEqual("whole"u8);
        other.Command("DEL", key);
        return isWhole;
    }

    public static RedisProblem ReplicaProblemOf(string node) =>
        new(node, RedisProblem.Role, "it is a replica: let Weir:Redis:Endpoints name the master, or the Sentinels and serviceName");

    public static RedisProblem ProblemOf(string node, RedisServerException refusal) =>
        new(node, "login", $"it refuses the login ({RedisFaults.Explain(refusal)}): correct Weir:Redis:User, Password or Database, or the rights of the user");

    private static bool IsTooOld(NodeInfo info) =>
        info.Product != Garnet && int.TryParse(info.Version?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
        && major < (info.Product == "Valkey" ? LeastMajorOfValkey : LeastMajorOfRedis);

    /// <summary>True if the user has no right to a command, or if an operator has renamed the command.</summary>
    private static bool IsForbidden(RedisServerException refusal) =>
        refusal.Message.StartsWith("NOPERM", StringComparison.Ordinal) || refusal.Message.StartsWith("ERR unknown command", StringComparison.Ordinal);

    private static string? TryAsk(Func<string> ask)
    {
        try
        {
            return ask();
        }
        catch (RedisServerException refusal) when (IsForbidden(refusal))
        {
            return null;
        }
    }
}
