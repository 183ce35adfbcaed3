namespace Weir.Redis;

/// <summary>Connection to Redis for everything but decisions.</summary>
internal interface IRedisWire : IScriptWire
{
    Task<byte[]?> GetAsync(byte[] key);

    /// <summary>Publishes a message. Errors are not reported.</summary>
    void Tell(string channel, string text);

    /// <summary>Subscribes to a channel. Errors are not reported.</summary>
    void Listen(string channel, Action<string> heard);
}
