namespace Weir.Redis;

/// <summary>A problem of a Redis node that was found when a connection to the node was opened.</summary>
/// <param name="Node">The node as <c>host:port</c>.</param>
/// <param name="Kind"><c>version</c>, <c>role</c>, <c>eviction</c>, <c>scripts</c>, <c>rights</c>, <c>login</c> or
/// <c>unchecked</c>.</param>
/// <param name="Text">The problem and its cure, without secrets.</param>
public sealed record RedisProblem(string Node, string Kind, string Text)
{
    internal const string Role = "role";
}
