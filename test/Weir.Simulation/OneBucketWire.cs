using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace Weir.Simulation;

/// <summary>A way to a Redis that is no more than one bucket: calls reach it and come back when <see cref="Step"/> says so, one after the other.</summary>
internal sealed class OneBucketWire(ScriptModel bucket, Func<long> nowUs) : IScriptWire
{
    private const int Head = 4;
    private const int Fields = 10;

    private readonly Queue<Action> _calls = new();
    private bool _keepsScript;

    /// <inheritdoc/>
    public bool IsConnected => true;

    /// <summary>How many decisions each call brought.</summary>
    public List<int> Calls { get; } = [];

    /// <summary>What was told.</summary>
    public List<string> Told { get; } = [];

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText)
    {
        if (call.Script != RedisScript.Take)
            throw new NotSupportedException("only takes are simulated");
        var reply = new TaskCompletionSource<byte[]>();
        double[] numbers = MemoryMarshal.Cast<byte, double>(call[call.KeyCount].Span).ToArray();
        Calls.Add(call.KeyCount);
        _calls.Enqueue(() =>
        {
            _keepsScript |= withText;
            if (_keepsScript)
                reply.SetResult(Decide(numbers));
            else
                reply.SetException(new RedisServerException(RedisErrorKind.NoScript, CommandFlags.None, "NOSCRIPT No matching script."));
        });
        return ScriptReply.Of(reply.Task);
    }

    /// <summary>Brings the next call there and its reply back, if there is one.</summary>
    public bool Step()
    {
        if (!_calls.TryDequeue(out var call))
            return false;
        call();
        return true;
    }

    /// <summary>Forgets the script, as a Redis does that has just started.</summary>
    public void ForgetScript() => _keepsScript = false;

    /// <inheritdoc/>
    public Task<byte[]?> GetAsync(byte[] key) => Task.FromResult<byte[]?>(null);

    /// <inheritdoc/>
    public void Tell(string channel, string text) => Told.Add($"{channel} {text}");

    /// <inheritdoc/>
    public void Listen(string channel, Action<string> heard)
    {
    }

    /// <summary>Takes with leases, and what is given back of leases: one limit each.</summary>
    private byte[] Decide(ReadOnlySpan<double> numbers)
    {
        var reply = new List<double>();
        for (; numbers.Length > 0; numbers = numbers[(Head + Fields)..])
        {
            long cost = (long)numbers[Head + 3];
            var wish = new LeaseWish((long)numbers[Head + 7], (long)numbers[Head + 8], (long)numbers[Head + 9]);
            long now = nowUs();
            var said = numbers[0] == (int)StoreVerb.Take ? bucket.Take(cost, wish, now) : GiveBack(wish, now);
            reply.AddRange([0, now, (int)said.Line.Outcome, said.Line.State.Spent, said.Line.State.At, said.Leased]);
        }

        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(reply)).ToArray();
    }

    private LeaseReply GiveBack(LeaseWish wish, long now)
    {
        bucket.Return(wish, now);
        return new LeaseReply(new BucketLine(BucketOutcome.Allowed, bucket.State), new StoreTime(now, now), 0);
    }
}
