using System.Buffers;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>The way to a real Redis, over a connection that several may share.</summary>
internal sealed class RedisWire(ConnectionMultiplexer connection) : IScriptWire
{
    private readonly IDatabase _database = connection.GetDatabase();

    /// <inheritdoc/>
    public bool IsConnected => connection.IsConnected;

    /// <inheritdoc/>
    /// <remarks>
    /// The client is not to follow where a cluster redirects a call: it has let go of the words by then, and would break off the connection to the node that has the slot.
    /// </remarks>
    public ScriptReply Send(ScriptCall call, bool withText)
    {
        const int Head = 2;
        int count = Head + call.Count;
        var words = ArrayPool<RedisKeyOrValue>.Shared.Rent(count);
        words[0] = (RedisValue)(withText ? call.Script.Text : call.Script.Digest);
        words[1] = (RedisValue)call.KeyCount;
        // The client looks at keys only to find their slot, which is the same for all, and would have an array for each.
        for (int i = 0; i < call.Count; i++)
            words[Head + i] = i == 0 && call.KeyCount > 0 ? (RedisKey)call[i].ToArray() : (RedisValue)call[i];
        var coming = _database.ExecuteRespAsync(withText ? "EVAL" : "EVALSHA", words.AsMemory(0, count), CommandFlags.DemandMaster | CommandFlags.NoRedirect);
        return new Reply(coming, words);
    }

    /// <inheritdoc/>
    /// <remarks>At the price of copies, which the client keeps.</remarks>
    public ScriptReply Follow(ScriptCall call, bool withText)
    {
        const int Head = 2;
        object[] words = new object[Head + call.Count];
        words[0] = (RedisValue)(withText ? call.Script.Text : call.Script.Digest);
        words[1] = call.KeyCount;
        for (int i = 0; i < call.Count; i++)
            words[Head + i] = i < call.KeyCount ? (RedisKey)call[i].ToArray() : (object)call[i].ToArray();
        return ScriptReply.Of(AskAsync(withText ? "EVAL" : "EVALSHA", words));
    }

    private async Task<byte[]> AskAsync(string command, object[] words) =>
        (byte[]?)await _database.ExecuteAsync(command, words, CommandFlags.DemandMaster).ConfigureAwait(false) ?? [];

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

    private sealed class Reply(Task<RespResult> coming, RedisKeyOrValue[] words) : ScriptReply
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
            // What failed may lie in the client still, to be written by and by.
            if (!coming.IsCompletedSuccessfully)
                return;
            coming.Result.Dispose();
            ArrayPool<RedisKeyOrValue>.Shared.Return(words);
        }
    }
}
