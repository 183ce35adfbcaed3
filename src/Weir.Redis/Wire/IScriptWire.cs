namespace Weir.Redis;

/// <summary>How a script call is sent.</summary>
internal enum Way
{
    /// <summary>To the node that had the slot last, or to any node that is connected.</summary>
    Straight,

    /// <summary>To the node to which the slot has moved (MOVED).</summary>
    Moved,

    /// <summary>To the node that imports the slot, just this once (ASK).</summary>
    Asked,
}

/// <summary>
/// Sends script calls to Redis, real or simulated. Repeating a call, splitting it by slots and following redirections
/// is up to the caller, so that a simulation runs the same code.
/// </summary>
internal interface IScriptWire
{
    /// <summary>True if there is a connection now, as far as is known.</summary>
    bool IsConnected { get; }

    /// <summary>True if a reply has arrived and was not read yet.</summary>
    bool HasArrived => false;

    /// <summary>Sends a script call. Calls arrive in the order in which they are sent.</summary>
    /// <param name="call">The call, all of its keys in one slot. It may be used again once this returns.</param>
    /// <param name="withText">Whether to send the script's text. Without it, a Redis that lacks the script refuses.</param>
    /// <param name="way">Where to.</param>
    /// <returns>The reply to come. An error fails the reply (<see cref="RedisFaults"/>), or is thrown.</returns>
    ScriptReply Send(ScriptCall call, bool withText, Way way = Way.Straight);
}
