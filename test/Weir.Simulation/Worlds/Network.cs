using StackExchange.Redis;

namespace Weir.Simulation.Worlds;

/// <summary>What can be wrong between an instance and Redis.</summary>
internal enum Cut
{
    None,

    /// <summary>There is no connection, and the client knows.</summary>
    Refused,

    /// <summary>Nothing comes back; what is sent waits there, and is done when the cut ends.</summary>
    Hanging,
}

/// <summary>One instance's way to the simulated Redis: takes its time, loses, hangs, and is cut.</summary>
internal sealed class Network(World world, LuaRedis redis, Random random) : IRedisWire
{
    private readonly List<(Action What, Action Fail)> _held = [];
    private readonly List<(string Channel, Action<string> Heard)> _ears = [];
    private Cut _cut;

    /// <summary>The longest time for which a message is on its way.</summary>
    public long MostLatencyUs { get; set; } = 2_000;

    /// <summary>The part of calls that never arrive; the connection is lost with them, and the client hears of it.</summary>
    public double LostBefore { get; set; }

    /// <summary>The part of replies that never arrive.</summary>
    public double LostAfter { get; set; }

    /// <summary>The part of replies to charges alone that never arrive.</summary>
    public double ChargeLostAfter { get; set; }

    /// <summary>Whether the instance is gone: nothing reaches it any more.</summary>
    public bool IsDead { get; set; }

    /// <inheritdoc/>
    public bool IsConnected => _cut != Cut.Refused;

    /// <summary>What is wrong. What was held goes on when nothing is.</summary>
    public Cut Cut
    {
        get => _cut;
        set
        {
            _cut = value;
            if (value == Cut.Hanging)
                return;
            foreach (var (what, fail) in _held)
                world.In(0, value == Cut.None ? what : fail);
            _held.Clear();
        }
    }

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
        byte[][] keys = [.. Enumerable.Range(0, call.KeyCount).Select(i => call[i].ToArray())];
        byte[][] arguments = [.. Enumerable.Range(call.KeyCount, call.Count - call.KeyCount).Select(i => call[i].ToArray())];
        var script = call.Script;
        var reply = new TaskCompletionSource<byte[]>();
        if (_cut == Cut.Refused)
            return ScriptReply.Failed(Lost());
        bool isCharge = script == RedisScript.Buckets && BitConverter.ToDouble(arguments[0]) == (int)StoreVerb.Settle;
        void Fail() => Deliver(() => reply.TrySetException(Lost()));
        Action arrive = random.NextDouble() < LostBefore ? Fail : () => Apply(script, withText, keys, arguments, reply, isCharge && keys.Length <= 2);
        world.In(Latency(), () => Arrive(arrive, Fail));
        return ScriptReply.Of(reply.Task);
    }

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(byte[] key) => throw new NotSupportedException("nothing is recalled here");

    /// <inheritdoc/>
    public void Delete(byte[] key)
    {
    }

    /// <inheritdoc/>
    public void Tell(string channel, string text)
    {
        if (_cut == Cut.None)
            world.In(Latency(), () => world.Tell(channel, text));
    }

    /// <inheritdoc/>
    public void Listen(string channel, Action<string> heard) => _ears.Add((channel, heard));

    /// <summary>Something was told.</summary>
    public void Hear(string channel, string text)
    {
        if (_cut != Cut.None || IsDead)
            return;
        foreach (var ear in _ears.Where(ear => ear.Channel == channel))
            ear.Heard(text);
    }

    private void Arrive(Action what, Action fail)
    {
        if (_cut == Cut.Hanging)
            _held.Add((what, fail));
        else if (_cut == Cut.None)
            what();
        else
            fail();
    }

    private void Apply(RedisScript script, bool withText, byte[][] keys, byte[][] arguments, TaskCompletionSource<byte[]> reply, bool isCharge)
    {
        Action back;
        try
        {
            byte[] said = redis.Run(script, withText, keys, arguments);
            world.Applied(redis.NowUs);
            back = () => reply.TrySetResult(said);
        }
        catch (RedisServerException refusal)
        {
            back = () => reply.TrySetException(refusal);
        }

        if (random.NextDouble() < (isCharge ? Math.Max(LostAfter, ChargeLostAfter) : LostAfter))
            back = () => reply.TrySetException(Lost());
        world.In(Latency(), () => Arrive(() => Deliver(back), () => Deliver(() => reply.TrySetException(Lost()))));
    }

    private static RedisConnectionException Lost() => new(ConnectionFailureType.SocketClosed, CommandFlags.None, "lost");

    private void Deliver(Action back)
    {
        if (!IsDead)
            world.WhenAwake(this, back);
    }

    private long Latency() => random.NextInt64(50, MostLatencyUs + 1);
}
