namespace Weir.Server;

/// <summary>Converts keys to their stored names. Accepts the hash of a key, because lists show only hashes.</summary>
internal sealed class StoredKeys(RateLimiter limiter, WeirOptions options)
{
    public string NameOf(string key) => options.Keys.Hash && KeyHash.IsHash(key) ? key : limiter.NameOf(key);
}
