using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Says which kind of fault an error of Redis or of its connection is. Errors are classified here and nowhere else.</summary>
internal static class RedisFaults
{
    public static StoreFault Classify(Exception? error) => error switch
    {
        RedisTimeoutException => StoreFault.Late,
        // OOM, READONLY, LOADING, NOAUTH, NOPERM, MASTERDOWN, CLUSTERDOWN, BUSY, and whatever a later Redis may say.
        RedisServerException => StoreFault.Refusing,
        _ => StoreFault.Unreachable,
    };
}
