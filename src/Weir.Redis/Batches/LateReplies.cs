namespace Weir.Redis;

/// <summary>Undoes takes and charges in Redis whose result is void: the fallback decided before a late reply, another
/// partition refused, or a settlement failed. Refunds the cost, frees permits and deletes the record.</summary>
internal sealed class LateReplies(
    Func<BucketCommand, ValueTask<BucketResult>> execute, Func<BucketCommand, IFallback?> fallbackOf, TimeProvider time,
    CancellationToken stopped)
{
    private const int Most = 16_384;

    /// <summary>Maximum attempts to undo a command. All use one id, so Redis refunds the cost only once.</summary>
    private const int Attempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly RecentRecords _givenUp = new(new MonotonicClock(time));
    private int _undoing;

    public int Undoing => Volatile.Read(ref _undoing);

    /// <summary>Counts undos after a late reply: the fallback had decided.</summary>
    public Tally Late { get; } = new();

    /// <summary>Counts undos after a result in time, mostly because another partition refused.</summary>
    public Tally Decided { get; } = new();

    internal sealed class Tally
    {
        public long Undone;

        /// <summary>Number of commands that stay charged because Redis did not confirm the undo.</summary>
        public long Lost;
    }

    /// <summary>True while a command with this record is given up: an undo may delete the record.</summary>
    public bool IsGivenUp(in BucketCommand asked) => asked.RecordKey is { Settles: false } record && _givenUp.Has(asked.Limits.Facts.Tenant, record.Id);

    public void GaveUp(in BucketCommand asked)
    {
        if (IsDecidedAgain(asked) && asked.RecordKey is { } record)
            _givenUp.Add(asked.Limits.Facts.Tenant, record.Id);
    }

    public void Undo(in BucketCommand asked, in BucketResult reply) => _ = Undo(asked, reply, 0, Late);

    /// <summary>Undoes a command. <c>done</c> has a bit for each limit that is already refunded.</summary>
    public Task GiveBack(in BucketCommand asked, in BucketResult reply, uint done)
    {
        GaveUp(asked);
        return Undo(asked, reply, done, Decided);
    }

    private Task Undo(in BucketCommand asked, in BucketResult reply, uint done, Tally tally)
    {
        bool isSpent = IsDecidedAgain(asked) && reply is { Fault: StoreFault.None, Outcome: BucketOutcome.Allowed };
        var undo = isSpent ? UndoCommand.Of(asked.Limits, reply, done) : default;
        if (!isSpent || (undo.Limits.IsEmpty && asked.RecordKey is null))
        {
            Forget(asked);
            return Task.CompletedTask;
        }

        if (asked.RecordKey is { } record)
        {
            // A stored reservation may have the text of another instance. Memory then keeps its own reservation.
            bool isAnothers = reply.IsRemembered && record.Open > TimeSpan.Zero;
            bool stays = tally == Late && !isAnothers && fallbackOf(asked)?.HasAdmitted(asked) == true;
            undo = undo with { RecordKey = undo.RecordKey! with { Undoes = (record.Id, reply.NowUs, stays) } };
        }

        if (Interlocked.Increment(ref _undoing) <= Most)
            return UndoAsync(asked, undo, tally);
        End(isUndone: false, undo, tally);
        return Task.CompletedTask;
    }

    /// <summary>True for takes and charges, except refunds and commits, which the fallback never repeats.</summary>
    private static bool IsDecidedAgain(in BucketCommand asked) =>
        asked.What is BucketOperation.Take or BucketOperation.Charge && !asked.IsMadeOnce;

    private void Forget(in BucketCommand asked)
    {
        if (asked.RecordKey is { Settles: false } record)
            _givenUp.Remove(asked.Limits.Facts.Tenant, record.Id);
    }

    private async Task UndoAsync(BucketCommand asked, BucketCommand undo, Tally tally)
    {
        bool? isUndone = false;
        try
        {
            var result = await execute(undo).ConfigureAwait(false);
            for (int left = Attempts - 1; left > 0 && MayTryAgain(result.Fault); left--)
            {
                await Task.Delay(Pause, time, stopped).ConfigureAwait(false);
                result = await execute(undo).ConfigureAwait(false);
            }

            isUndone = result.IsKept ? null : result.Fault is StoreFault.None or StoreFault.Gone;
            if (result.IsKept && undo.RecordKey!.Undoes is { IsAdmitted: true })
                fallbackOf(asked)?.Yield(asked);
        }
        catch (OperationCanceledException)
        {
            // The store is being disposed of.
        }
        finally
        {
            Forget(asked);
            End(isUndone, undo, tally);
        }
    }

    /// <summary>Returns true if another attempt may help. After a lost connection it does not: the next connection may
    /// lead to another Redis.</summary>
    private static bool MayTryAgain(StoreFault fault) =>
        fault is StoreFault.Late or StoreFault.Slow or StoreFault.Crowded or StoreFault.Starved;

    // Counts an undo. isUndone is null if the command stays because another caller relies on its record.
    private void End(bool? isUndone, in BucketCommand undo, Tally tally)
    {
        Interlocked.Decrement(ref _undoing);
        if (isUndone is { } isDone && !undo.Limits.IsEmpty)
            Interlocked.Increment(ref isDone ? ref tally.Undone : ref tally.Lost);
    }
}
