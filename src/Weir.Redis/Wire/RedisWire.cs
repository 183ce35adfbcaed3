using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Reaches a real Redis through the general client, for everything but decisions.</summary>
/// <param name="connection">The client.</param>
/// <param name="misled">Called when the client is connected to replicas alone; null to leave that to the client.</param>
internal sealed class RedisWire(ConnectionMultiplexer connection, Action? misled = null) : IRedisWire
{
    private readonly IDatabase _database = connection.GetDatabase();

    /// <inheritdoc/>
    public bool IsConnected => connection.IsConnected;

    /// <inheritdoc/>
    /// <remarks>The client follows redirections by itself.</remarks>
    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
        const int Head = 2;
        object[] words = new object[Head + call.Count];
        words[0] = (RedisValue)(withText ? call.Script.Text : call.Script.Digest);
        words[1] = call.KeyCount;
        for (int i = 0; i < call.Count; i++)
            words[Head + i] = i < call.KeyCount ? (RedisKey)call[i].ToArray() : (object)call[i].ToArray();
        return ScriptReply.Of(AskAsync(withText ? "EVAL" : "EVALSHA", words));
    }

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(byte[] key) => await _database.StringGetAsync(key, CommandFlags.DemandMaster).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Tell(string channel, string text) =>
        _ = connection.GetSubscriber().PublishAsync(RedisChannel.Literal(channel), text, CommandFlags.FireAndForget);

    /// <inheritdoc/>
    public void Listen(string channel, Action<string> heard) => _ = ListenAsync(RedisChannel.Literal(channel), heard);

    private async Task ListenAsync(RedisChannel channel, Action<string> heard)
    {
        try
        {
            await connection.GetSubscriber().SubscribeAsync(channel, (_, text) => heard(text!)).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
        {
            // Then nothing is heard, as whoever listens knows may be.
        }
    }

    private async Task<byte[]> AskAsync(string command, object[] words)
    {
        try
        {
            return (byte[]?)await _database.ExecuteAsync(command, words, CommandFlags.DemandMaster).ConfigureAwait(false) ?? [];
        }
        catch (RedisException fault) when (fault is RedisServerException { Kind: RedisErrorKind.ReadOnly } || IsOnReplicasAlone())
        {
            // The address may lead to the new master already.
            misled?.Invoke();
            throw;
        }
    }

    private bool IsOnReplicasAlone()
    {
        var servers = connection.GetServers().Where(server => server.IsConnected).ToArray();
        return servers.Length > 0 && Array.TrueForAll(servers, server => server.IsReplica);
    }
}
