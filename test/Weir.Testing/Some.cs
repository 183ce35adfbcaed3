using Microsoft.Extensions.Time.Testing;

namespace Weir.Testing;

/// <summary>Values that a test needs and does not care about.</summary>
public static class Some
{
    /// <summary>Five a second, ten in a burst: the free plan.</summary>
    public static readonly TokenQuota Quota = TokenQuota.Create(5, TimeSpan.FromSeconds(1), 10);

    public static readonly Limit Limit = LimitOf(Quota);

    public static Limit LimitOf(TokenQuota quota) => new("per-key", [Limit.KeyDimension], quota);

    /// <summary>A window in UTC.</summary>
    public static WindowQuota WindowOf(long limit, WindowUnit every = WindowUnit.Month) =>
        WindowQuota.TryCreate(limit, every, "UTC", out var quota, out string? error) ? quota : throw new ArgumentException(error);

    public static Plan PlanOf(Limit limit, OnOutage onOutage = OnOutage.Local) => new("free", [limit], onOutage);

    public static LimitSet Request(string key = "some-key", long cost = 1, string tenant = "default", TokenQuota? quota = null, OnOutage onOutage = OnOutage.Local)
    {
        var limit = quota is null ? Limit : LimitOf(quota);
        return PlanOf(limit, onOutage).Resolve(new RequestFacts(tenant, key, cost)) with { TenantIsListed = true };
    }

    /// <summary>A clock that stands until it is told to go on; not at zero, where mistakes hide.</summary>
    public static FakeTimeProvider Clock() => new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static MemoryStore Memory(TimeProvider time, int maxKeys = 1024) =>
        new(new MemoryStoreOptions { MaxKeys = maxKeys, HashSeed = 1 }, time);
}
