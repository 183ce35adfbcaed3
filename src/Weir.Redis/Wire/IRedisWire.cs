namespace Weir.Redis;

/// <summary>Reaches Redis for everything but decisions.</summary>
internal interface IRedisWire : IScriptWire
{
    /// <summary>Reads the value of a key; null if there is none.</summary>
    Task<byte[]?> GetAsync(byte[] key);

    /// <summary>Publishes a message. Errors are not reported.</summary>
    void Tell(string channel, string text);

    /// <summary>Subscribes to a channel. If that fails, nothing is heard.</summary>
    void Listen(string channel, Action<string> heard);
}
