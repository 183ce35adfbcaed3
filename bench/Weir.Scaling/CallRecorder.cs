using Weir.Simulation;

namespace Weir.Scaling;

/// <summary>Writes down the calls that the store makes of so many decisions, and answers none of them.</summary>
internal sealed class CallRecorder : IRedisWire
{
    private readonly List<(ScriptCall Call, TaskCompletionSource<byte[]> Reply)> _calls = [];

    public bool IsConnected => true;

    /// <summary>Calls of as many decisions each, all about other keys.</summary>
    public static ScriptCall[] Record(int calls, int decisions)
    {
        var recorder = new CallRecorder();
        var store = new RedisStore(new RedisOptions { Endpoints = "recorded" }, new VirtualTime(), recorder, new InlinePump());
        var plan = new Plan("p", [new Limit("l", [Limit.KeyDimension], TokenQuota.Create(5, TimeSpan.FromMinutes(1), 1_000_000))], OnOutage.Local);
        int keys = 0;
        void Ask() => _ = store.AskAsync(new BucketCommand(plan.Resolve(new RequestFacts("t", $"user_{keys++:D8}", 1)), BucketOperation.Take)).AsTask();
        // The first call is under way while all that is asked next gathers for the second, and so on.
        Ask();
        for (int i = 0; i < calls; i++)
        {
            for (int j = 0; j < decisions; j++)
                Ask();
            var before = recorder._calls[^1].Reply;
            if (!before.Task.IsCompleted)
                before.SetException(new InvalidOperationException("nobody is here"));
        }

        return [.. recorder._calls.Select(sent => sent.Call).Where(call => call.KeyCount == decisions).Take(calls)];
    }

    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
        var copy = new ScriptCall(call.Script);
        for (int i = 0; i < call.Count; i++)
        {
            if (i < call.KeyCount)
                copy.AddKey(call[i].Span);
            else
                copy.Add(call[i].Span);
        }

        var reply = new TaskCompletionSource<byte[]>();
        _calls.Add((copy, reply));
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
