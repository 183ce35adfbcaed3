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
internal sealed class Network(World world, LuaRedis redis, WorldClock clock, Random random) : IRedisWire
{
    private readonly List<(Action What, Action Fail)> _held = [];
    private readonly List<(string Channel, Action<string> Heard)> _ears = [];
    private Cut _cut;

    /// <summary>The longest time for which a message is on its way.</summary>
    public long MostLatencyUs { get; set; } = 2_000;

    /// <summary>What <see cref="MostLatencyUs"/> was before messages became slow.</summary>
    public long LatencyBefore { get; set; }

    /// <summary>The part of calls that never arrive; the connection is lost with them, and the client hears of it.</summary>
    public double LostBefore { get; set; }

    /// <summary>The part of replies that never arrive.</summary>
    public double LostAfter { get; set; }

    /// <summary>The part of replies to charges alone, and to heartbeats, that never arrive.</summary>
    public double SettlingLostAfter { get; set; }

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
        var (script, keyCount) = (call.Script, call.KeyCount);
        byte[][] words = new byte[call.Count][];
        for (int i = 0; i < words.Length; i++)
            words[i] = call[i].ToArray();
        var reply = new TaskCompletionSource<byte[]>();
        // As in production: nothing was sent, so nothing can have run.
        if (_cut == Cut.Refused)
            throw Lost();
        void Fail() => Deliver(() => reply.TrySetException(Lost()));
        Action arrive = random.NextDouble() < LostBefore ? Fail : () => Apply(script, withText, keyCount, words, reply);
        world.In(Latency(), () => Arrive(arrive, Fail));
        return ScriptReply.Of(reply.Task);
    }

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(byte[] key)
    {
        if (_cut == Cut.Refused)
            return Task.FromException<byte[]?>(Lost());
        var reply = new TaskCompletionSource<byte[]?>();
        void Fail() => Deliver(() => reply.TrySetException(Lost()));
        world.In(Latency(), () => Arrive(
            () =>
            {
                byte[]? value = redis.Get(key);
                world.In(Latency(), () => Arrive(() => Deliver(() => reply.TrySetResult(value)), Fail));
            },
            Fail));
        return reply.Task;
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
        if (_cut != Cut.None)
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

    private void Apply(RedisScript script, bool withText, int keyCount, byte[][] words, TaskCompletionSource<byte[]> reply)
    {
        Action back;
        try
        {
            byte[] said = redis.Run(script, withText, keyCount, words);
            world.Applied(redis.NowUs);
            back = () => reply.TrySetResult(said);
        }
        catch (RedisServerException refusal)
        {
            back = () => reply.TrySetException(refusal);
        }

        if (random.NextDouble() < (Settles(keyCount, words) ? Math.Max(LostAfter, SettlingLostAfter) : LostAfter))
            back = () => reply.TrySetException(Lost());
        world.In(Latency(), () => Arrive(() => Deliver(back), () => Deliver(() => reply.TrySetException(Lost()))));
    }

    private static bool Settles(int keyCount, byte[][] words) => keyCount == 2
        && (words[0].AsSpan().EndsWith(":members"u8) || BitConverter.ToDouble(words[keyCount]) == (int)BucketOperation.Settle);

    private static RedisConnectionException Lost() => new(ConnectionFailureType.SocketClosed, CommandFlags.None, "lost");

    private void Deliver(Action back) => clock.WhenScheduled(back);

    private long Latency() => random.NextInt64(50, MostLatencyUs + 1);
}
