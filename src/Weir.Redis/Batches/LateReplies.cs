namespace Weir.Redis;

/// <summary>
/// Undoes takes and charges whose reply comes after the fallback has decided them, and takes that were refused in
/// another partition: gives back the cost at face value, releases the permits, and deletes the idempotency record.
/// Spending of the fallback is settled as in an outage. If another caller was answered by the record meanwhile, Redis
/// keeps the take, and the fallback forgets its decision.
/// </summary>
/// <param name="execute">Sends a command to Redis.</param>
/// <param name="fallbackOf">Returns the fallback of a command; null for none.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="stopped">Ends the attempts.</param>
internal sealed class LateReplies(
    Func<BucketCommand, ValueTask<BucketResult>> execute, Func<BucketCommand, IFallback?> fallbackOf, TimeProvider time,
    CancellationToken stopped)
{
    /// <summary>Commands being undone at the same time, at most.</summary>
    private const int Most = 16_384;

    /// <summary>Attempts, each under the same name, so that the cost is given back once.</summary>
    private const int Attempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly RecentRecords _givenUp = new(new MonotonicClock(time));
    private int _undoing;

    /// <summary>Commands that are being undone now.</summary>
    public int Undoing => Volatile.Read(ref _undoing);

    /// <summary>What became of late commands.</summary>
    public Tally Late { get; } = new();

    /// <summary>What became of commands that were decided otherwise, though their reply was in time.</summary>
    public Tally Decided { get; } = new();

    /// <summary>Counts commands that were to be undone.</summary>
    internal sealed class Tally
    {
        /// <summary>Commands that were undone.</summary>
        public long Undone;

        /// <summary>Commands that stay charged, since Redis did not confirm that they were undone.</summary>
        public long Lost;
    }

    /// <summary>
    /// True if a command under the same idempotency key was given up and is not undone: the same again must not be
    /// answered by the record, which is about to be deleted.
    /// </summary>
    public bool IsGivenUp(in BucketCommand asked) => asked.RecordKey is { Settles: false } record && _givenUp.Has(asked.Limits.Facts.Tenant, record.Id);

    /// <summary>A command was given up, and may still be executed.</summary>
    public void GaveUp(in BucketCommand asked)
    {
        if (IsDecidedAgain(asked) && asked.RecordKey is { } record)
            _givenUp.Add(asked.Limits.Facts.Tenant, record.Id);
    }

    /// <summary>Begins to undo what a late reply says was spent, if anything was.</summary>
    public void Undo(in BucketCommand asked, in BucketResult reply) => _ = Undo(asked, reply, 0, Late);

    /// <summary>Begins to undo a command that was decided otherwise. Until it is undone, it is given up.</summary>
    /// <param name="asked">The command.</param>
    /// <param name="reply">Its reply.</param>
    /// <param name="done">The limits to which everything was given back already, a bit each.</param>
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
            // A reservation that was remembered has the text of another instance, so memory keeps its own.
            bool isAnothers = reply.IsRemembered && record.Open > TimeSpan.Zero;
            bool stays = tally == Late && !isAnothers && fallbackOf(asked)?.HasAdmitted(asked) == true;
            undo = undo with { RecordKey = undo.RecordKey! with { Undoes = (record.Id, reply.NowUs, stays) } };
        }

        if (Interlocked.Increment(ref _undoing) <= Most)
            return UndoAsync(asked, undo, tally);
        End(isUndone: false, undo, tally);
        return Task.CompletedTask;
    }

    /// <summary>
    /// True for takes and charges, which the fallback decides. It makes no refund or commit instead of Redis.
    /// </summary>
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

    /// <summary>After a lost connection it may be another Redis, which knows nothing of the command.</summary>
    private static bool MayTryAgain(StoreFault fault) =>
        fault is StoreFault.Late or StoreFault.Slow or StoreFault.Crowded or StoreFault.Starved;

    // Null if the command stays, since another caller counts on its record.
    private void End(bool? isUndone, in BucketCommand undo, Tally tally)
    {
        Interlocked.Decrement(ref _undoing);
        if (isUndone is { } isDone && !undo.Limits.IsEmpty)
            Interlocked.Increment(ref isDone ? ref tally.Undone : ref tally.Lost);
    }
}
