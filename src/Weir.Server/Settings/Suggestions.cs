using System.Text.RegularExpressions;

namespace Weir.Server;

internal static partial class Suggestions
{
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["adminsecret"] = "Auth:AdminKey",
        ["admintoken"] = "Auth:AdminKey",
        ["anonymous"] = "Auth:AllowAnonymous",
        ["policies"] = "PolicyFile",
        ["policypath"] = "PolicyFile",
        ["policy"] = "PolicyFile",
        ["redis"] = "Redis:Endpoints",
        ["redisaddress"] = "Redis:Endpoints",
        ["redisconnection"] = "Redis:Endpoints",
        ["redisconnectionstring"] = "Redis:Endpoints",
        ["redishost"] = "Redis:Endpoints",
        ["redishosts"] = "Redis:Endpoints",
        ["redisserver"] = "Redis:Endpoints",
        ["redisservers"] = "Redis:Endpoints",
        ["redisuri"] = "Redis:Endpoints",
        ["redisurl"] = "Redis:Endpoints",
        ["redisusername"] = "Redis:User",
        ["redisdb"] = "Redis:Database",
        ["redistls"] = "Redis:Ssl",
        ["redistimeoutms"] = "Redis:DeadlineMs",
        ["snapshot"] = "Memory:SnapshotPath",
    };

    public static string? SettingFor(string name)
    {
        string[] all = [.. SettingTable.All.Select(setting => setting.Name)];
        return Aliases.GetValueOrDefault(Bare(name)) ?? Closest(name, all) ?? OnlyLeaf(name, all);
    }

    public static string? VariableFor(string name)
    {
        if (KeyVariable().Match(name) is { Success: true } key)
            return Closest(key.Groups[2].Value, SettingTable.OfKey.Select(setting => setting.Name)) is { } field
                ? $"{SettingTable.KeyList}:{key.Groups[1].Value}:{field}" : null;
        return Aliases.GetValueOrDefault(Bare(name)) ?? Closest(name, SettingTable.All.Select(setting => setting.Name));
    }

    public static string? Closest(string name, IEnumerable<string> candidates)
    {
        string bare = Bare(name);
        var (best, distance) = candidates.Select(candidate => (candidate, Distance(bare, Bare(candidate))))
            .MinBy(found => found.Item2);
        return best is not null && distance <= MostErrors(bare) ? best : null;
    }

    /// <summary>Returns the setting with the same last part in another section, if there is exactly one.</summary>
    private static string? OnlyLeaf(string name, string[] all) =>
        all.Where(candidate => Bare(candidate.Split(':')[^1]) == Bare(name.Split(':')[^1])).ToList() is [var only]
            ? only : null;

    /// <summary>Returns the maximum edit distance: one error per four characters.</summary>
    private static int MostErrors(string name) => name.Length / 4;

    private static string Bare(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    /// <summary>Returns the Levenshtein distance (1965).</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    [GeneratedRegex("^AUTH_+KEYS_+([0-9]{1,5})_+([A-Z_]{1,20})$", RegexOptions.IgnoreCase)]
    private static partial Regex KeyVariable();
}
