namespace Weir.Redis;

/// <summary>Sends script calls to one Redis, real or simulated. The caller repeats and splits batches.</summary>
internal interface IScriptWire
{
    bool IsConnected { get; }

    /// <summary>True if a reply has arrived whose decisions are not answered yet.</summary>
    bool HasArrived => false;

    void Answered()
    {
    }

    /// <summary>Records unanswered decisions, and returns the fault for their callers.</summary>
    StoreFault Failed(StoreFault fault, int decisions) => fault;

    /// <summary>Does the part of sending that may block, such as connecting.</summary>
    void Prepare()
    {
    }

    void Flush()
    {
    }

    /// <summary>Queues a script call, which is sent by <see cref="Flush"/> at the latest, in order. Without the text, a
    /// Redis that lacks the script rejects the call. Errors are thrown or reported through the reply.</summary>
    ScriptReply Send(ScriptCall call, bool withText, bool asking = false);
}
