namespace Weir.Redis;

/// <summary>
/// Sends by a few threads of its own that wait for replies. On a machine that is overrun, the thread pool's queue alone is longer than the deadline; these threads wait only for
/// their turn on a core, so that Redis is not called late when it is we who are.
/// </summary>
internal sealed class ThreadPump : ITakePump
{
    /// <summary>One call that Redis works on, and a full one that is on its way meanwhile.</summary>
    private const int Callers = 2;

    /// <inheritdoc/>
    public void Begin(TakeBatcher batcher)
    {
        for (int i = 0; i < Callers; i++)
            new Thread(() => Call(batcher)) { IsBackground = true, Name = $"Weir Redis caller {i}" }.Start();
    }

    /// <inheritdoc/>
    public void WakeLocked(object gate, bool all)
    {
        if (all)
            Monitor.PulseAll(gate);
        else
            Monitor.Pulse(gate);
    }

    /// <inheritdoc/>
    public void Pump()
    {
    }

    /// <inheritdoc/>
    public void Resume(ReadOnlySpan<PendingTake> answered) => Resumption.Queue(answered);

    private static void Call(TakeBatcher batcher)
    {
        var calls = new Queue<TakeCall>();
        for (bool back = false; batcher.WaitForNext(back) is { } batch; back = true)
        {
            batcher.Send(batch, calls);
            while (calls.TryDequeue(out var call))
            {
                call.Arrival.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
                batcher.Receive(call, calls);
            }
        }
    }
}
