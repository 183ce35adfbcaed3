using StackExchange.Redis;
using Weir.Simulation.Worlds;

namespace Weir.Scaling;

/// <summary>One Redis for all instances: it runs the scripts that ship, one call after the other, each as long as it would take.</summary>
/// <param name="time">The time of all.</param>
/// <param name="costs">What a call costs it.</param>
/// <param name="wayUs">How long a message is on its way, in microseconds.</param>
internal sealed class OneRedis(VirtualTime time, RedisCosts costs, long wayUs) : IDisposable
{
    private readonly LuaRedis _lua = new();
    private double _busyUntilUs;

    /// <summary>Script calls of decisions.</summary>
    public long Calls { get; private set; }

    /// <summary>Decisions that came in them, with what only gives back.</summary>
    public long Decisions { get; private set; }

    public void Dispose() => _lua.Dispose();

    /// <summary>A way to it.</summary>
    public IRedisWire Connect() => new Wire(this);

    /// <summary>Counts from now on.</summary>
    public void Recount() => (Calls, Decisions) = (0, 0);

    private void Send(Action arrive) => time.At(time.NowUs + wayUs, arrive);

    private void Arrive(ScriptCall call, bool withText, TaskCompletionSource<byte[]> reply)
    {
        int keys = call.KeyCount;
        byte[][] words = [.. Enumerable.Range(0, call.Count).Select(i => call[i].ToArray())];
        (Calls, Decisions) = (Calls + 1, Decisions + keys);
        double beginsUs = Math.Max(time.NowUs, _busyUntilUs);
        _busyUntilUs = beginsUs + costs.CallUs + (keys * costs.DecisionUs);
        long doneUs = (long)_busyUntilUs;
        time.At((long)beginsUs, () => Run(call.Script, withText, keys, words, reply, doneUs));
    }

    private void Run(RedisScript script, bool withText, int keys, byte[][] words, TaskCompletionSource<byte[]> reply, long doneUs)
    {
        _lua.NowUs = time.NowUs;
        byte[]? said = null;
        RedisServerException? refusal = null;
        try
        {
            said = _lua.Run(script, withText, keys, words);
        }
        catch (RedisServerException unknown)
        {
            refusal = unknown;
        }

        time.At(doneUs + wayUs, () =>
        {
            if (refusal is null)
                reply.SetResult(said!);
            else
                reply.SetException(refusal);
        });
    }

    private sealed class Wire(OneRedis redis) : IRedisWire
    {
        public bool IsConnected => true;

        public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
        {
            var reply = new TaskCompletionSource<byte[]>();
            redis.Send(() => redis.Arrive(call, withText, reply));
            return ScriptReply.Of(reply.Task);
        }

        public Task<byte[]?> GetAsync(byte[] key) => Task.FromResult<byte[]?>(null);

        public void Tell(string channel, string text)
        {
        }

        public void Listen(string channel, Action<string> heard)
        {
        }
    }
}

/// <summary>Processor time of Redis.</summary>
/// <param name="CallUs">Of a script call, in microseconds.</param>
/// <param name="DecisionUs">Of each decision in it.</param>
internal readonly record struct RedisCosts(double CallUs, double DecisionUs)
{
    /// <summary>As <c>--redis</c> found them, of a Redis that has much to do; see docs/scaling.md.</summary>
    public static readonly RedisCosts Measured = new(11, 3.9);
}
