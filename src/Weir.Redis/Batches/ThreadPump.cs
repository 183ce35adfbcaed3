namespace Weir.Redis;

/// <summary>
/// Sends and reads on a thread of its own. On an overloaded machine the queue of the thread pool alone is longer than
/// the deadline; this thread waits only for its turn on a core.
/// </summary>
internal sealed class ThreadPump : IBatchPump
{
    /// <inheritdoc/>
    public void Begin(Batcher batcher) =>
        new Thread(() => Call(batcher)) { IsBackground = true, Name = "Weir Redis" }.Start();

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
    public void Resume(ReadOnlySpan<PendingCommand> answered) => Resumption.Queue(answered);

    private static void Call(Batcher batcher)
    {
        var calls = new Queue<Batch>();
        bool back = false;
        while (batcher.WaitForWork(back))
        {
            // On a busy machine, threads that are about to ask go first, so that batches are larger. A batch that is
            // sent in parts gains most by that, since each part costs Redis a call.
            int waiting;
            do
            {
                waiting = batcher.Waiting;
                Thread.Yield();
            }
            while (batcher.SendsParts && batcher.Waiting > waiting);
            back = false;
            if (batcher.Next() is not { } batch)
                continue;
            batcher.Send(batch, calls);
            while (calls.TryDequeue(out var call))
                batcher.Receive(call, calls);
            back = true;
        }
    }
}
