using System.Globalization;
using StackExchange.Redis;

namespace Weir.Benchmarks;

/// <summary>
/// What nearly everybody has: a token bucket in a hash of two fields, one EVALSHA a decision, over the same client and as many on the way at the same time. It counts in
/// fractions, which is cheaper than exactly.
/// </summary>
internal sealed class PlainBucket(IDatabase database)
{
    private const string Script =
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local rate, capacity, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
        tokens = math.min(capacity, tokens + math.max(0, now - at) * rate / 1000000)
        local allowed = tokens >= cost
        if allowed then
          tokens = tokens - cost
        end
        redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
        redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000))
        return { allowed and 1 or 0, tostring(tokens) }
        """;

    private readonly string _digest = Load(database);

    public async Task<bool> TakeAsync(string key)
    {
        var words = new RedisKeyOrValue[] { (RedisValue)_digest, (RedisValue)1, (RedisKey)key, (RedisValue)5, (RedisValue)10, (RedisValue)1 };
        using var reply = await database.ExecuteRespAsync("EVALSHA", words).ConfigureAwait(false);
        return !reply.IsNull;
    }

    private static string Load(IDatabase database) => string.Create(CultureInfo.InvariantCulture, $"{database.Execute("SCRIPT", "LOAD", Script)}");
}
