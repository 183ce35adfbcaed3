using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Connection to a real Redis through the general client, for everything but decisions.</summary>
internal sealed class RedisWire(ConnectionMultiplexer connection, Action? misled = null) : IRedisWire
{
    private readonly IDatabase _database = connection.GetDatabase();

    public bool IsConnected => connection.IsConnected;

    /// <remarks>The general client follows redirections by itself.</remarks>
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

    public async Task<byte[]?> GetAsync(byte[] key) => await _database.StringGetAsync(key, CommandFlags.DemandMaster).ConfigureAwait(false);

    public void Tell(string channel, string text) =>
        _ = connection.GetSubscriber().PublishAsync(RedisChannel.Literal(channel), text, CommandFlags.FireAndForget);

    public void Listen(string channel, Action<string> heard) => _ = ListenAsync(RedisChannel.Literal(channel), heard);

    private async Task ListenAsync(RedisChannel channel, Action<string> heard)
    {
        try
        {
            await connection.GetSubscriber().SubscribeAsync(channel, (_, text) => heard(text!)).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The subscription is optional: its listeners expect lost messages.
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
            // Reports a replica: its address may already lead to the new master.
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
