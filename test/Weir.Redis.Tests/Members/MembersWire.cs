using StackExchange.Redis;
using Weir.Simulation.Worlds;

namespace Weir.Redis.Tests.Members;

/// <summary>A way to Redis that takes no time, or always the same, unless Redis hangs.</summary>
internal sealed class MembersWire(LuaRedis redis, TimeProvider time, TimeSpan way = default) : IRedisWire
{
    private readonly List<Action> _held = [];
    private bool _hangs;

    public bool IsConnected { get; set; } = true;

    private async Task<byte[]> BringAsync(byte[] reply)
    {
        if (way > TimeSpan.Zero)
            await Task.Delay(way, time).ConfigureAwait(false);
        return reply;
    }

    /// <summary>How far the clock of Redis is behind.</summary>
    public long BehindUs { get; set; }

    /// <summary>True while Redis executes what it is sent, and its replies are lost.</summary>
    public bool LosesReplies { get; set; }

    /// <summary>True while Redis hangs. It executes what it was sent when it goes on.</summary>
    public bool Hangs
    {
        get => _hangs;
        set
        {
            _hangs = value;
            _held.ForEach(held => held());
            _held.Clear();
        }
    }

    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
        byte[][] words = [.. Enumerable.Range(0, call.Count).Select(i => call[i].ToArray())];
        var script = call.Script;
        if (!Hangs)
            return Run(script, withText, words, call.KeyCount);
        int keys = call.KeyCount;
        _held.Add(() => Run(script, withText, words, keys));
        return ScriptReply.Of(new TaskCompletionSource<byte[]>().Task);
    }

    private ScriptReply Run(RedisScript script, bool withText, byte[][] words, int keys)
    {
        redis.NowUs = ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) - BehindUs;
        try
        {
            byte[] reply = redis.Run(script, withText, keys, words);
            return LosesReplies ? ScriptReply.Failed(new RedisException("lost")) : ScriptReply.Of(BringAsync(reply));
        }
        catch (RedisServerException refusal)
        {
            return ScriptReply.Failed(refusal);
        }
    }

    public Task<byte[]?> GetAsync(byte[] key) => throw new NotSupportedException("nothing is recalled here");

    public void Tell(string channel, string text) => throw new NotSupportedException("nothing is told here");

    public void Listen(string channel, Action<string> heard) => throw new NotSupportedException("nothing is told here");
}
