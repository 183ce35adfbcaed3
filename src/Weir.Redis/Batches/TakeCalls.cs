using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Makes of a batch the script calls that it needs: one, or on a cluster one for each slot, since a call can speak to one slot only.
/// Whether there is a cluster is not asked but found out, when it refuses a call: a Redis may come, or become one, later than we.
/// </summary>
/// <remarks>A call is repeated only when Redis said that it did not run it.</remarks>
/// <param name="wire">Where to.</param>
/// <param name="replied">Called with each result.</param>
/// <param name="follow">Hands a call over to the node that a redirection names; null to follow none.</param>
/// <param name="faultOf">Is told of a fault and how many decisions it concerns, and returns what it is to callers.</param>
internal sealed class TakeCalls(IScriptWire wire, Replied? replied, Func<TakeCall, RedisServerException, IScriptWire, bool>? follow, Func<StoreFault, int, StoreFault>? faultOf = null)
{
    /// <summary>A slot may move again before a call has followed it.</summary>
    private const int MaxRedirections = 4;

    private volatile bool _bySlot;
    private volatile bool _withText = true;
    private readonly List<PendingTake> _corrected = [];
    private string? _lastError;

    /// <summary>The last error of a call in a few words, or null when there was none.</summary>
    public string? LastError => Volatile.Read(ref _lastError);

    /// <summary>Sends a batch, and returns when it is written, in the order in which this is called.</summary>
    /// <param name="batch">The decisions.</param>
    /// <param name="sent">Where to note what is to be waited for.</param>
    public void Send(TakeCall batch, Queue<TakeCall> sent)
    {
        if (_bySlot && LieInSeveralSlots(batch.Takes))
        {
            SendEach(batch, sent);
            return;
        }

        batch.Send(wire, _withText);
        sent.Enqueue(batch);
    }

    /// <summary>Answers the decisions of a call by its reply, which has come: each by an answer, or by a fault.</summary>
    /// <param name="call">The call.</param>
    /// <param name="again">Where to note what was sent in its place, if it was not run.</param>
    /// <returns>False when it was sent again, as it is or in parts.</returns>
    public bool Receive(TakeCall call, Queue<TakeCall> again)
    {
        try
        {
            call.Answer(replied, _corrected);
            _withText = false;
            SendCorrected(again);
        }
        catch (RedisServerException refusal)
        {
            // Redis did not run the call.
            call.MayHaveRun = false;
            return Repeat(call, refusal, again);
        }
        catch (Exception fault)
        {
            Fail(call, fault);
        }

        return true;
    }

    /// <summary>Sends a call again that Redis has refused, in another way. True if that cannot help, and it is answered.</summary>
    private bool Repeat(TakeCall call, RedisServerException refusal, Queue<TakeCall> again)
    {
        if (!call.WithText && RedisFaults.IsUnknownScript(refusal))
        {
            // Those that follow bring it along too, so that they do not pass each other by coming back for it.
            _withText = true;
            SendAgain(call, again);
        }
        else if (IsRedirected(refusal) && call.Redirections++ < MaxRedirections && follow is not null && follow(call, refusal, wire))
        {
            // It is the other node's now.
        }
        else if (RedisFaults.IsHalfMoved(refusal) && call.Count > 1)
            FollowEach(call, again);
        else if (RedisFaults.IsSeveralSlots(refusal) && LieInSeveralSlots(call.Takes))
        {
            _bySlot = true;
            SendEach(call, again);
        }
        else
        {
            Fail(call, refusal);
            return true;
        }

        return false;
    }

    private static int SlotOf(PendingTake take) => RedisSlot.Of(take.Words[0].Span);

    private static bool LieInSeveralSlots(ReadOnlySpan<PendingTake> takes)
    {
        int slot = SlotOf(takes[0]);
        foreach (var take in takes)
        {
            if (SlotOf(take) != slot)
                return true;
        }

        return false;
    }

    private void SendCorrected(Queue<TakeCall> again)
    {
        if (_corrected.Count == 0)
            return;
        var call = TakeCall.Rent();
        foreach (var take in _corrected)
            call.Add(take);
        _corrected.Clear();
        Send(call, again);
    }

    private void SendAgain(TakeCall call, Queue<TakeCall> again)
    {
        call.Send(wire, _withText);
        again.Enqueue(call);
    }

    private static bool IsRedirected(RedisServerException error) => RedisFaults.IsMoved(error) || RedisFaults.IsMoving(error);

    /// <summary>Whatever the error is, the thread goes on and the callers hear of it.</summary>
    private void Fail(TakeCall call, Exception error)
    {
        Volatile.Write(ref _lastError, RedisFaults.Explain(error));
        var fault = RedisFaults.Classify(error);
        call.Answer(BucketAnswer.Failed(faultOf is null ? fault : faultOf(fault, call.Count)), replied);
    }

    /// <summary>A decision of one bucket is always somewhere, while those of a batch may be at two nodes.</summary>
    private void FollowEach(TakeCall batch, Queue<TakeCall> sent)
    {
        foreach (var take in batch.Takes)
        {
            var call = TakeCall.Rent();
            call.Add(take);
            call.Send(wire, _withText);
            sent.Enqueue(call);
        }

        batch.Return();
    }

    private void SendEach(TakeCall batch, Queue<TakeCall> sent)
    {
        foreach (var slot in batch.Takes.ToArray().GroupBy(SlotOf))
        {
            var call = TakeCall.Rent();
            foreach (var take in slot)
                call.Add(take);
            call.Send(wire, _withText);
            sent.Enqueue(call);
        }

        batch.Return();
    }
}
