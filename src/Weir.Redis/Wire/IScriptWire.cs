namespace Weir.Redis;

/// <summary>Sends script calls to one Redis, real or simulated. Repeating and splitting is up to the caller.</summary>
internal interface IScriptWire
{
    bool IsConnected { get; }

    /// <summary>True if a reply has arrived and was not read yet.</summary>
    bool HasArrived => false;

    void Answered()
    {
    }

    /// <summary>Notes unanswered decisions, and returns the fault for their callers.</summary>
    StoreFault Failed(StoreFault fault, int decisions) => fault;

    /// <summary>Does the slow part of sending, such as connecting.</summary>
    void Prepare()
    {
    }

    void Flush()
    {
    }

    /// <summary>
    /// Sends a script call, at <see cref="Flush"/> at the latest. Calls keep their order. Without its text, a Redis
    /// that lacks the script refuses. An error fails the reply or is thrown. The call may be used again afterwards.
    /// </summary>
    ScriptReply Send(ScriptCall call, bool withText, bool asking = false);
}
