namespace Weir.Testing;

/// <summary>The ACL user that <c>docs/redis.md</c> tells operators to make: it may do what Weir does, and nothing else.</summary>
public static class LeastUser
{
    /// <summary>What it is called there.</summary>
    public const string Name = "weir";

    /// <summary>Its password there.</summary>
    public const string Password = "change-me";

    /// <summary>The command that makes it, word by word, as it stands in the document.</summary>
    public static string[] Command { get; } = Repository.Read("docs/redis.md").Split('\n')
        .Single(line => line.StartsWith("ACL SETUSER weir ", StringComparison.Ordinal)).Split(' ');

    /// <summary>What Redis has refused to anybody so far, such as <c>config|get</c>; nothing when all were allowed what they wanted.</summary>
    public static async Task<string> RefusedByAsync(RedisServer server)
    {
        string[] log = (await server.CommandAsync("ACL", "LOG")).Split('\n');
        return string.Join(" ", log.Skip(1).Zip(log).Where(pair => pair.Second == "object").Select(pair => pair.First));
    }
}
