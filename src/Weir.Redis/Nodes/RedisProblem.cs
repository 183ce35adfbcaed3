namespace Weir.Redis;

/// <summary>What is wrong with a Redis node, found when a connection to it was opened.</summary>
/// <param name="Node">The node as <c>host:port</c>.</param>
/// <param name="Kind">
/// <c>version</c>, <c>role</c>, <c>eviction</c>, <c>scripts</c>, <c>rights</c>, <c>login</c>, <c>silent</c>, or <c>unchecked</c>.
/// </param>
/// <param name="Text">What is wrong, and the cure; without anything secret.</param>
public sealed record RedisProblem(string Node, string Kind, string Text)
{
    /// <summary>The kind of a node that is a replica, where a master is wanted.</summary>
    internal const string Role = "role";

    /// <summary>The kind of a node of a cluster that does not answer, while others do.</summary>
    internal const string Silent = "silent";

    /// <summary>The problem of such a node.</summary>
    internal static RedisProblem SilentOf(string node) =>
        new(node, Silent, "it does not answer; memory decides its buckets until it does: restart it, or have its replica promoted");
}
