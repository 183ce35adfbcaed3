namespace Weir.Redis;

/// <summary>
/// Undoes takes whose reply comes after the fallback has decided them: gives back the cost at face value, releases the
/// permits, and deletes the idempotency record. Spending of the fallback is settled as in an outage.
/// </summary>
/// <remarks>
/// A bucket drains alike with the cost in it and without, and never below empty, so that giving the cost back later
/// leaves the bucket as if the take had never arrived.
/// </remarks>
/// <param name="execute">Sends a command to Redis.</param>
/// <param name="forget">Deletes the idempotency record of a tenant.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="stopped">Ends the attempts.</param>
internal sealed class LateReplies(
    Func<BucketCommand, ValueTask<BucketResult>> execute, Action<string, UInt128> forget, TimeProvider time, CancellationToken stopped)
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
    public bool IsGivenUp(in BucketCommand asked) => asked.RecordKey is { Settles: false } record && _givenUp.Has(asked.Limits.Facts.Tenant, record.Id);

    /// <summary>A take was given up, and may still be executed.</summary>
    public void GaveUp(in BucketCommand asked)
    {
        if (asked is { What: BucketOperation.Take, RecordKey: { Settles: false } record })
            _givenUp.Add(asked.Limits.Facts.Tenant, record.Id);
    }

    /// <summary>Begins to undo what a late reply says was taken, if anything was.</summary>
    public void Undo(in BucketCommand asked, in BucketResult reply)
    {
        bool isTaken = asked.What == BucketOperation.Take && reply is { Fault: StoreFault.None, IsRemembered: false, Outcome: BucketOutcome.Allowed };
        if (isTaken && asked.RecordKey is { } record)
            forget(asked.Limits.Facts.Tenant, record.Id);
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

    private void Forget(in BucketCommand asked)
    {
        if (asked.RecordKey is { Settles: false } record)
            _givenUp.Remove(asked.Limits.Facts.Tenant, record.Id);
    }

    private static BucketCommand UndoOf(in LimitSet limits, in BucketResult reply)
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

        var name = RecordKey.NewId();
        var undone = limits with { Applying = charged, Facts = limits.Facts.Negated() };
        return new BucketCommand(undone, BucketOperation.Charge)
        {
            OnlyEnds = [.. ends],
            RecordKey = new RecordKey(name, name) { Life = TimeSpan.FromMinutes(1) },
        };
    }

    private async Task UndoAsync(BucketCommand asked, BucketCommand undo)
    {
        bool isUndone = false;
        try
        {
            var fault = (await execute(undo).ConfigureAwait(false)).Fault;
            for (int left = Attempts - 1; left > 0 && MayTryAgain(fault); left--)
            {
                await Task.Delay(Pause, time, stopped).ConfigureAwait(false);
                fault = (await execute(undo).ConfigureAwait(false)).Fault;
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
