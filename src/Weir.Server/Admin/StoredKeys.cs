namespace Weir.Server;

/// <summary>
/// The names under which live data stores keys. Where keys are hashed, <c>/admin/top</c> and lists show hashes, so
/// people may send a hash in place of its key.
/// </summary>
internal sealed class StoredKeys(RateLimiter limiter, WeirOptions options)
{
    /// <summary>The stored name of a key.</summary>
    public string NameOf(string key) => options.Keys.Hash && KeyHash.IsHash(key) ? key : limiter.NameOf(key);
}
