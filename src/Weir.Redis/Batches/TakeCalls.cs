using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Decisions that share a script call, and its reply to come.</summary>
internal sealed record TakeCall(PendingTake[] Takes, Task<RespResult> Reply);

/// <summary>
/// Makes of a batch the script calls that it needs: one, or on a cluster one for each slot, since a call can speak to one slot only.
/// Whether there is a cluster is not asked but found out, when it refuses a call: a Redis may come, or become one, later than we.
/// </summary>
/// <remarks>A call is repeated only when Redis said that it did not run it.</remarks>
internal sealed class TakeCalls(IDatabase database)
{
    private volatile bool _bySlot;
    private volatile bool _withScript = true;
    private string? _lastError;

    /// <summary>The last error of a call in a few words, or null when there was none.</summary>
    public string? LastError => Volatile.Read(ref _lastError);

    /// <summary>Sends a batch, and returns when it is written, in the order in which this is called.</summary>
    public TakeCall[] Send(PendingTake[] batch) => _bySlot
        ? [.. batch.GroupBy(SlotOf).Select(slot => Send([.. slot], _withScript))]
        : [Send(batch, _withScript)];

    /// <summary>Waits for the reply of a call: an answer, or a fault, for each of its decisions.</summary>
    public BucketAnswer[] Receive(TakeCall call)
    {
        try
        {
            return Read(call);
        }
        catch (Exception refusal) when (RedisFaults.IsUnknownScript(refusal))
        {
            // Those that follow bring it along too, so that they do not pass each other by coming back for it.
            _withScript = true;
            return ReceiveOrFault(Send(call.Takes, withScript: true));
        }
        catch (Exception refusal) when (RedisFaults.IsSeveralSlots(refusal) && LieInSeveralSlots(call.Takes))
        {
            _bySlot = true;
            return ReceiveEach(call.Takes);
        }
        catch (Exception fault)
        {
            return FaultOf(fault, call);
        }
    }

    private static int SlotOf(PendingTake take) => RedisSlot.Of(take.Keys[0]);

    private static bool LieInSeveralSlots(PendingTake[] takes) => Array.Exists(takes, take => SlotOf(take) != SlotOf(takes[0]));

    /// <summary>Sends what spoke to several slots again, slot by slot.</summary>
    private BucketAnswer[] ReceiveEach(PendingTake[] takes)
    {
        var answers = new Dictionary<PendingTake, BucketAnswer>(takes.Length);
        foreach (var call in Send(takes))
        {
            foreach (var (take, answer) in call.Takes.Zip(Receive(call)))
                answers[take] = answer;
        }

        return [.. takes.Select(take => answers[take])];
    }

    private BucketAnswer[] ReceiveOrFault(TakeCall call)
    {
        try
        {
            return Read(call);
        }
        catch (Exception fault)
        {
            return FaultOf(fault, call);
        }
    }

    private BucketAnswer[] FaultOf(Exception fault, TakeCall call)
    {
        // Whatever it was, the thread that waits must live and the callers must hear of it.
        Volatile.Write(ref _lastError, RedisFaults.Explain(fault));
        var answers = new BucketAnswer[call.Takes.Length];
        Array.Fill(answers, BucketAnswer.Failed(RedisFaults.Classify(fault)));
        return answers;
    }

    private BucketAnswer[] Read(TakeCall call)
    {
        var answers = new BucketAnswer[call.Takes.Length];
        using var reply = call.Reply.GetAwaiter().GetResult();
        _withScript = false;
        TakeScript.Read(reply, call.Takes, answers);
        return answers;
    }

    private TakeCall Send(PendingTake[] takes, bool withScript)
    {
        try
        {
            return new TakeCall(takes, TakeScript.SendAsync(database, takes, withScript));
        }
        catch (Exception unsent)
        {
            return new TakeCall(takes, Task.FromException<RespResult>(unsent));
        }
    }
}
