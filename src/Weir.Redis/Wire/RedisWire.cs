using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>The way to a real Redis, over a connection that several may share.</summary>
internal sealed class RedisWire(ConnectionMultiplexer connection) : IScriptWire
{
    private readonly IDatabase _database = connection.GetDatabase();

    /// <inheritdoc/>
    public bool IsConnected => connection.IsConnected;

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText)
    {
        const int Head = 2;
        var words = new RedisKeyOrValue[Head + call.Count];
        words[0] = (RedisValue)(withText ? call.Script.Text : call.Script.Digest);
        words[1] = (RedisValue)call.KeyCount;
        for (int i = 0; i < call.Count; i++)
            words[Head + i] = i < call.KeyCount ? (RedisKey)call[i].ToArray() : (RedisValue)call[i];
        return new Reply(_database.ExecuteRespAsync(withText ? "EVAL" : "EVALSHA", words, CommandFlags.DemandMaster));
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

    private sealed class Reply(Task<RespResult> coming) : ScriptReply
    {
        public override Task Arrival => coming;

        public override ReadOnlySpan<byte> Read()
        {
            var reply = coming.GetAwaiter().GetResult();
            if (reply.Prefix != RESPite.Messages.RespPrefix.BulkString)
                return default;
            var reader = reply.ReadScalar();
            return reader.TryGetSpan(out var bytes) ? bytes : reader.ReadByteArray();
        }

        public override void Dispose()
        {
            if (coming.IsCompletedSuccessfully)
                coming.Result.Dispose();
        }
    }
}
