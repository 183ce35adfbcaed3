using System.Runtime.InteropServices;
using StackExchange.Redis;

namespace Weir.Simulation;

/// <summary>A way to a Redis that is no more than one bucket: calls reach it and come back when <see cref="Step"/> says so, one after the other.</summary>
internal sealed class OneBucketWire(ScriptModel bucket, Func<long> nowUs) : IRedisWire
{
    private const int Head = 5;
    private const int RecordFields = 3;
    private const int Fields = 8;
    private const int Amount = 3;
    private const int Unit = 4;
    private const int LeaseFields = 3;

    private readonly Queue<Action> _calls = new();
    private bool _keepsScript;

    /// <inheritdoc/>
    public bool IsConnected => true;

    /// <summary>How many decisions each call brought.</summary>
    public List<int> Calls { get; } = [];

    /// <summary>What was told.</summary>
    public List<string> Told { get; } = [];

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
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

    /// <summary>Takes, and what is given back of them or of leases, of one limit each; with leases, if there is a horizon.</summary>
    private byte[] Decide(ReadOnlySpan<double> numbers)
    {
        var reply = new List<double>();
        while (numbers.Length > 0)
        {
            bool leases = numbers[3] > 0;
            var limit = numbers[(numbers[2] > 0 ? Head + RecordFields : Head)..];
            var wish = leases ? new LeaseWish((long)limit[Fields], (long)limit[Fields + 1], (long)limit[Fields + 2]) : default;
            long now = nowUs();
            long cost = (long)(limit[Amount] / limit[Unit]);
            var said = numbers[0] == (int)BucketOperation.Take ? bucket.Take(cost, wish, now) : GiveBack(-cost, wish, now);
            reply.AddRange([0, now, (int)said.Line.Outcome, said.Line.State.Spent, said.Line.State.At]);
            if (leases)
                reply.Add(said.Leased);
            numbers = limit[(leases ? Fields + LeaseFields : Fields)..];
        }

        return MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(reply)).ToArray();
    }

    private LeaseReply GiveBack(long tokens, LeaseWish wish, long now)
    {
        bucket.Return(wish, now);
        bucket.GiveBack(tokens, now);
        return new LeaseReply(new BucketLine(BucketOutcome.Allowed, bucket.State), new StoreTime(now, now), 0);
    }
}
