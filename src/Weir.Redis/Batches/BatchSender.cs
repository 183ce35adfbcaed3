using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Sends a batch as one script call. On a cluster, which the first CROSSSLOT error reveals, sends one call per
/// slot, because all keys of a call must lie in one slot. Repeats no decision that Redis may have executed.</summary>
internal sealed class BatchSender(IScriptWire wire, BatchListener listener)
{
    /// <summary>Maximum redirections of a batch. A slot may move again before the batch arrives.</summary>
    private const int MaxRedirections = 4;

    private volatile bool _bySlot;
    /// <summary>Scripts that Redis has run, so that it knows them by their digests.</summary>
    private readonly HashSet<RedisScript> _known = [];
    private readonly List<PendingCommand> _corrected = [];
    private string? _lastError;

    public bool SendsParts => _bySlot;

    public string? LastError => Volatile.Read(ref _lastError);

    public void Send(Batch batch, Queue<Batch> sent)
    {
        Write(batch, sent);
        wire.Flush();
    }

    /// <summary>Answers the decisions of a batch. Returns false if the batch was sent again instead.</summary>
    public bool Receive(Batch call, Queue<Batch> again)
    {
        try
        {
            call.Answer(listener.Replied, _corrected);
            _known.Add(call.Script);
            SendCorrected(again);
        }
        catch (RedisServerException refusal)
        {
            // An error reply means that Redis did not run the batch.
            call.MayHaveRun = false;
            bool isAnswered = Repeat(call, refusal, again);
            wire.Flush();
            return isAnswered;
        }
        catch (Exception fault)
        {
            Fail(call, fault);
        }

        return true;
    }

    /// <summary>Sends a rejected batch again in another way. Otherwise fails its decisions, and returns true.</summary>
    private bool Repeat(Batch call, RedisServerException refusal, Queue<Batch> again)
    {
        if (!call.WithText && RedisFaults.IsUnknownScript(refusal))
        {
            // Later batches carry the script text as well, so that no batch overtakes one that is sent again.
            _known.Remove(call.Script);
            SendAgain(call, again);
        }
        else if (IsRedirected(refusal) && call.Redirections++ < MaxRedirections && listener.Follow?.Invoke(call, refusal, wire) == true)
        {
            // The new node of the slot has taken over the batch.
        }
        // While a slot moves, a batch may need two nodes. A decision alone mostly needs one, so each is sent alone.
        else if (RedisFaults.IsHalfMoved(refusal) && call.Count > 1)
            SendParts(call, static (one, other) => false, again);
        else if (RedisFaults.IsSeveralSlots(refusal) && LieInSeveralSlots(call.Takes))
        {
            _bySlot = true;
            SendParts(call, IsSameSlot, again);
        }
        else
        {
            Fail(call, refusal);
            return true;
        }

        return false;
    }

    private static bool IsSameSlot(PendingCommand one, PendingCommand other) => one.Slot == other.Slot;

    private static bool LieInSeveralSlots(ReadOnlySpan<PendingCommand> takes)
    {
        foreach (var take in takes)
        {
            if (take.Slot != takes[0].Slot)
                return true;
        }

        return false;
    }

    private void Write(Batch batch, Queue<Batch> sent)
    {
        if (_bySlot && LieInSeveralSlots(batch.Takes))
            SendParts(batch, IsSameSlot, sent);
        else
            SendAgain(batch, sent);
    }

    private void SendCorrected(Queue<Batch> again)
    {
        if (_corrected.Count == 0)
            return;
        var call = Batch.Rent();
        foreach (var take in _corrected)
            call.Add(take);
        _corrected.Clear();
        Send(call, again);
    }

    private void SendAgain(Batch call, Queue<Batch> again)
    {
        call.Send(wire, _known);
        again.Enqueue(call);
    }

    private static bool IsRedirected(RedisServerException error) => RedisFaults.IsMoved(error) || RedisFaults.IsMoving(error);

    private void Fail(Batch call, Exception error)
    {
        Volatile.Write(ref _lastError, RedisFaults.Explain(error));
        var fault = RedisFaults.Classify(error);
        call.Answer(BucketResult.Failed(wire.Failed(fault, call.Count)), listener.Replied);
    }

    /// <summary>Sends a batch in parts. The decisions of each slot keep their order.</summary>
    private void SendParts(Batch batch, Func<PendingCommand, PendingCommand, bool> areTogether, Queue<Batch> sent)
    {
        var takes = batch.Takes;
        Span<int> order = stackalloc int[takes.Length];
        for (int i = 0; i < takes.Length; i++)
            order[i] = (takes[i].Slot * Batcher.MaxBatch) + i;
        order.Sort();
        Batch? call = null;
        PendingCommand? before = null;
        foreach (int place in order)
        {
            var take = takes[place % Batcher.MaxBatch];
            if (call is null || !areTogether(before!, take))
            {
                if (call is not null)
                    SendAgain(call, sent);
                call = Batch.Rent();
            }

            call.Add(take);
            before = take;
        }

        if (call is not null)
            SendAgain(call, sent);
        batch.Return();
    }
}
