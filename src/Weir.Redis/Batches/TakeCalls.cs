namespace Weir.Redis;

/// <summary>Decisions that share a script call, and its reply to come.</summary>
/// <param name="Takes">The decisions.</param>
/// <param name="Reply">The reply.</param>
/// <param name="WithText">Whether the script went along.</param>
internal sealed record TakeCall(PendingTake[] Takes, ScriptReply Reply, bool WithText);

/// <summary>
/// Makes of a batch the script calls that it needs: one, or on a cluster one for each slot, since a call can speak to one slot only.
/// Whether there is a cluster is not asked but found out, when it refuses a call: a Redis may come, or become one, later than we.
/// </summary>
/// <remarks>A call is repeated only when Redis said that it did not run it.</remarks>
internal sealed class TakeCalls(IScriptWire wire)
{
    private volatile bool _bySlot;
    private volatile bool _withText = true;
    private string? _lastError;

    /// <summary>The last error of a call in a few words, or null when there was none.</summary>
    public string? LastError => Volatile.Read(ref _lastError);

    /// <summary>Sends a batch, and returns when it is written, in the order in which this is called.</summary>
    /// <param name="batch">The decisions.</param>
    /// <param name="sent">Where to note what is to be waited for.</param>
    public void Send(PendingTake[] batch, Queue<TakeCall> sent)
    {
        if (!_bySlot)
        {
            sent.Enqueue(Send(batch, _withText));
            return;
        }

        foreach (var slot in batch.GroupBy(SlotOf))
            sent.Enqueue(Send([.. slot], _withText));
    }

    /// <summary>Reads the reply of a call that has come: an answer, or a fault, for each of its decisions.</summary>
    /// <param name="call">The call.</param>
    /// <param name="again">Where to note what was sent in its place, if it was not run.</param>
    /// <returns>The answers; null when it was sent again.</returns>
    public BucketAnswer[]? Receive(TakeCall call, Queue<TakeCall> again)
    {
        try
        {
            return Read(call);
        }
        catch (Exception refusal) when (!call.WithText && RedisFaults.IsUnknownScript(refusal))
        {
            // Those that follow bring it along too, so that they do not pass each other by coming back for it.
            _withText = true;
            again.Enqueue(Send(call.Takes, withText: true));
            return null;
        }
        catch (Exception refusal) when (RedisFaults.IsSeveralSlots(refusal) && LieInSeveralSlots(call.Takes))
        {
            _bySlot = true;
            Send(call.Takes, again);
            return null;
        }
        catch (Exception fault)
        {
            return FaultOf(fault, call);
        }
    }

    private static int SlotOf(PendingTake take) => RedisSlot.Of(take.Keys[0]);

    private static bool LieInSeveralSlots(PendingTake[] takes) => Array.Exists(takes, take => SlotOf(take) != SlotOf(takes[0]));

    private BucketAnswer[] FaultOf(Exception fault, TakeCall call)
    {
        // Whatever it was, whoever waits for replies must go on and the callers must hear of it.
        Volatile.Write(ref _lastError, RedisFaults.Explain(fault));
        var answers = new BucketAnswer[call.Takes.Length];
        Array.Fill(answers, BucketAnswer.Failed(RedisFaults.Classify(fault)));
        return answers;
    }

    private BucketAnswer[] Read(TakeCall call)
    {
        var answers = new BucketAnswer[call.Takes.Length];
        using var reply = call.Reply;
        var bytes = reply.Read();
        _withText = false;
        TakeScript.Read(bytes, call.Takes, answers);
        return answers;
    }

    private TakeCall Send(PendingTake[] takes, bool withText)
    {
        try
        {
            return new TakeCall(takes, wire.Send(TakeScript.Spell(takes), withText), withText);
        }
        catch (Exception unsent)
        {
            return new TakeCall(takes, ScriptReply.Failed(unsent), withText);
        }
    }
}
