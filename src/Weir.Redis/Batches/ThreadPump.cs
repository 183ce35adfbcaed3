namespace Weir.Redis;

/// <summary>Sends and receives on a thread of its own: a busy thread pool may miss the deadline.</summary>
internal sealed class ThreadPump : IBatchPump
{
    public void Begin(Batcher batcher) =>
        new Thread(() => Call(batcher)) { IsBackground = true, Name = "Weir Redis" }.Start();

    public void WakeLocked(object gate, bool all)
    {
        if (all)
            Monitor.PulseAll(gate);
        else
            Monitor.Pulse(gate);
    }

    public void Pump()
    {
    }

    public void Resume(ReadOnlySpan<PendingCommand> answered) => Resumption.Queue(answered);

    private static void Call(Batcher batcher)
    {
        var calls = new Queue<Batch>();
        bool back = false;
        while (batcher.WaitForWork(back))
        {
            // Lets threads that are about to queue a decision go first, so that batches are larger. A batch that is
            // sent in parts gains most, because each part is a separate call to Redis.
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
