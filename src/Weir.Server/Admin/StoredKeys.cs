namespace Weir.Server;

/// <summary>Names of keys in live data. Lists show hashes, so callers may send a hash in place of a key.</summary>
internal sealed class StoredKeys(RateLimiter limiter, WeirOptions options)
{
    public string NameOf(string key) => options.Keys.Hash && KeyHash.IsHash(key) ? key : limiter.NameOf(key);
}
