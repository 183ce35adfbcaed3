using StackExchange.Redis.Configuration;

namespace Weir.Redis;

/// <summary>Gives each new connection the current password of the options, which may change.</summary>
internal sealed class CurrentPassword(RedisOptions options, RedisEndpoints endpoints) : DefaultOptionsProvider
{
    public override string? Password => options.Password ?? endpoints.Password;

    /// <summary>Password of the Sentinels; null if they use the password of Redis.</summary>
    public string? OfSentinels => endpoints.SentinelPassword;
}
