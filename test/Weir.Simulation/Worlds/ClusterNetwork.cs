namespace Weir.Simulation.Worlds;

/// <summary>
/// One instance's ways to the nodes of a cluster, for everything but decisions: asks the node of the key. Messages pass
/// through the first node.
/// </summary>
internal sealed class ClusterNetwork(IReadOnlyList<Network> nodes) : IRedisWire
{
    /// <inheritdoc/>
    public bool IsConnected => nodes.Any(node => node.IsConnected);

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false) =>
        Of(call[0].Span).Send(call, withText, asking);

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(byte[] key) => Of(key).GetAsync(key);

    /// <inheritdoc/>
    public void Tell(string channel, string text) => nodes[0].Tell(channel, text);

    /// <inheritdoc/>
    public void Listen(string channel, Action<string> heard) => nodes[0].Listen(channel, heard);

    private Network Of(ReadOnlySpan<byte> key) => nodes[Shards.NodeOf(RedisSlot.Of(key), nodes.Count)];
}
