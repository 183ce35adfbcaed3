namespace Weir.Redis;

/// <summary>
/// Sends script calls to one Redis, real or simulated. Repeating a call, splitting it by slots and following
/// redirections is up to the caller, so that a simulation runs the same code.
/// </summary>
internal interface IScriptWire
{
    /// <summary>True if there is a connection now, as far as is known.</summary>
    bool IsConnected { get; }

    /// <summary>True if a reply has arrived and was not read yet.</summary>
    bool HasArrived => false;

    /// <summary>Redis has answered a call.</summary>
    void Answered()
    {
    }

    /// <summary>Redis has left decisions unanswered.</summary>
    /// <param name="fault">Why, as far as a call says.</param>
    /// <param name="decisions">How many.</param>
    /// <returns>The fault for the callers.</returns>
    StoreFault Failed(StoreFault fault, int decisions) => fault;

    /// <summary>Makes ready to send, as far as that can take long.</summary>
    void Prepare()
    {
    }

    /// <summary>Sends the calls that <see cref="Send"/> has only written.</summary>
    void Flush()
    {
    }

    /// <summary>
    /// Sends a script call, at <see cref="Flush"/> at the latest. Calls arrive in the order in which they are sent.
    /// </summary>
    /// <param name="call">The call, all of its keys in one slot. It may be used again once this returns.</param>
    /// <param name="withText">
    /// Whether to send the script's text. Without it, a Redis that lacks the script refuses.
    /// </param>
    /// <param name="asking">Whether the node is importing the slot of the call (ASK).</param>
    /// <returns>The reply to come. An error fails the reply (<see cref="RedisFaults"/>), or is thrown.</returns>
    ScriptReply Send(ScriptCall call, bool withText, bool asking = false);
}
