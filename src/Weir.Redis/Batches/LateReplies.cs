namespace Weir.Redis;

/// <summary>
/// Undoes takes whose reply comes after the fallback has decided them: gives back the cost at face value, releases the
/// permits, and deletes the idempotency record. Spending of the fallback is settled as in an outage.
/// </summary>
/// <remarks>
/// A bucket drains alike with the cost in it and without, and never below empty, so that giving the cost back later
/// leaves the bucket as if the take had never arrived.
/// </remarks>
/// <param name="ask">Sends a command to Redis.</param>
/// <param name="forget">Deletes the idempotency record of a tenant.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="stopped">Ends the attempts.</param>
internal sealed class LateReplies(
    Func<StoreAsk, ValueTask<BucketAnswer>> ask, Action<string, UInt128> forget, TimeProvider time, CancellationToken stopped)
{
    /// <summary>Takes being undone at the same time, at most.</summary>
    private const int Most = 16_384;

    /// <summary>Attempts, each under the same name, so that the cost is given back once.</summary>
    private const int Attempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly GivenUpRecords _givenUp = new(time);
    private int _undoing;
    private long _undone;
    private long _lost;

    /// <summary>Takes that are being undone now.</summary>
    public int Undoing => Volatile.Read(ref _undoing);

    /// <summary>Takes that were undone.</summary>
    public long Undone => Volatile.Read(ref _undone);

    /// <summary>Takes that stay charged, since Redis did not confirm that they were undone.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>
    /// True if a take under the same idempotency key was given up and is not undone: the same take again must not be
    /// answered by the record, which is about to be deleted.
    /// </summary>
    public bool IsGivenUp(in StoreAsk asked) => asked.Memo is { Settles: false } memo && _givenUp.Has(asked.Limits.Facts.Tenant, memo.Id);

    /// <summary>A take was given up, and may still be executed.</summary>
    public void GaveUp(in StoreAsk asked)
    {
        if (asked is { What: StoreVerb.Take, Memo: { Settles: false } memo })
            _givenUp.Add(asked.Limits.Facts.Tenant, memo.Id);
    }

    /// <summary>Begins to undo what a late reply says was taken, if anything was.</summary>
    public void Undo(in StoreAsk asked, in BucketAnswer reply)
    {
        bool isTaken = asked.What == StoreVerb.Take && reply is { Fault: StoreFault.None, IsRemembered: false, Outcome: BucketOutcome.Allowed };
        if (isTaken && asked.Memo is { } memo)
            forget(asked.Limits.Facts.Tenant, memo.Id);
        var undo = isTaken ? UndoOf(asked.Limits, reply) : default;
        if (undo.Limits.IsEmpty)
        {
            Forget(asked);
            return;
        }

        if (Interlocked.Increment(ref _undoing) > Most)
            End(isUndone: false);
        else
            _ = UndoAsync(asked, undo);
    }

    private void Forget(in StoreAsk asked)
    {
        if (asked.Memo is { Settles: false } memo)
            _givenUp.Remove(asked.Limits.Facts.Tenant, memo.Id);
    }

    private static StoreAsk UndoOf(in LimitSet limits, in BucketAnswer reply)
    {
        var ends = new List<long>();
        uint charged = 0;
        int index = 0;
        foreach (var limit in limits)
        {
            var line = reply[index];
            // A limit in shadow may have refused, and then nothing was taken from it.
            if (line.Outcome == BucketOutcome.Allowed)
            {
                charged |= limits.Only(index).Applying;
                ends.Add(limit.Quota is WindowQuota ? line.State.At : 0);
            }

            index++;
        }

        var name = Memo.NewId();
        return new StoreAsk(limits with { Applying = charged, Facts = limits.Facts with { Cost = -limits.Facts.Cost } }, StoreVerb.Charge)
        {
            OnlyEnds = [.. ends],
            Memo = new Memo(name, name) { Life = TimeSpan.FromMinutes(1) },
        };
    }

    private async Task UndoAsync(StoreAsk asked, StoreAsk undo)
    {
        bool isUndone = false;
        try
        {
            var fault = (await ask(undo).ConfigureAwait(false)).Fault;
            for (int left = Attempts - 1; left > 0 && MayTryAgain(fault); left--)
            {
                await Task.Delay(Pause, time, stopped).ConfigureAwait(false);
                fault = (await ask(undo).ConfigureAwait(false)).Fault;
            }

            isUndone = fault == StoreFault.None;
        }
        catch (OperationCanceledException)
        {
            // The store is being disposed of.
        }
        finally
        {
            Forget(asked);
            End(isUndone);
        }
    }

    /// <summary>After a lost connection it may be another Redis, which knows nothing of the take.</summary>
    private static bool MayTryAgain(StoreFault fault) =>
        fault is StoreFault.Late or StoreFault.Slow or StoreFault.Crowded or StoreFault.Starved;

    private void End(bool isUndone)
    {
        Interlocked.Decrement(ref _undoing);
        Interlocked.Increment(ref isUndone ? ref _undone : ref _lost);
    }
}
