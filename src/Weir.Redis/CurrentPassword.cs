using StackExchange.Redis.Configuration;

namespace Weir.Redis;

/// <summary>The password of connections to come: the one that the options have then.</summary>
/// <param name="options">The options, whose password may change while the store runs.</param>
/// <param name="endpoints">Their endpoints, which may have one too.</param>
internal sealed class CurrentPassword(RedisOptions options, RedisEndpoints endpoints) : DefaultOptionsProvider
{
    public override string? Password => options.Password ?? endpoints.Password;

    /// <summary>The password of Sentinels; null if it is that of Redis.</summary>
    public string? OfSentinels => endpoints.SentinelPassword;
}
