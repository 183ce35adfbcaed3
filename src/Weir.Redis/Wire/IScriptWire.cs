namespace Weir.Redis;

/// <summary>
/// The way to a Redis that runs scripts. All that decides lies above it, also what is done when a script is not known or keys lie in several slots, so that the same runs over a
/// Redis that is simulated.
/// </summary>
internal interface IScriptWire
{
    /// <summary>Whether there is a connection now, as far as is known.</summary>
    bool IsConnected { get; }

    /// <summary>Sends a script call. Calls arrive in the order in which they are sent; what is wrong with one fails its reply (<see cref="RedisFaults"/>), or is thrown.</summary>
    /// <param name="call">The call, all of its keys in one slot, which may be used again when its reply has come, and not when it has failed.</param>
    /// <param name="withText">Whether the script goes along, which Redis then keeps. Without it, a Redis that does not keep it (any more) refuses, and runs nothing.</param>
    ScriptReply Send(ScriptCall call, bool withText);

    /// <summary>Sends a script call that is to be followed to where a cluster redirects it. <see cref="Send"/> fails where that is asked for.</summary>
    /// <inheritdoc cref="Send"/>
    ScriptReply Follow(ScriptCall call, bool withText) => Send(call, withText);

    /// <summary>Reads what is kept under a key; null for nothing.</summary>
    Task<byte[]?> GetAsync(byte[] key);

    /// <summary>Tells all who listen. Nobody hears whether that went well.</summary>
    void Tell(string channel, string text);

    /// <summary>Hears what is told from now on. When that cannot be, nothing is heard.</summary>
    void Listen(string channel, Action<string> heard);
}
