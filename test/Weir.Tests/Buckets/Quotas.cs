using CsCheck;

namespace Weir.Tests.Buckets;

/// <summary>Quotas of every kind: slow and fast, small and huge, whole and odd numbers, all three clocks.</summary>
internal static class Quotas
{
    private static readonly Gen<TimeSpan> Period = Gen.OneOf(
        Gen.Const(TimeSpan.FromMilliseconds(1)),
        Gen.Const(TimeSpan.FromSeconds(1)),
        Gen.Const(TimeSpan.FromMinutes(1)),
        Gen.Const(TimeSpan.FromHours(1)),
        Gen.Const(TimeSpan.FromDays(1)),
        Gen.Int[1, 100_000].Select(us => TimeSpan.FromMicroseconds(us)),
        Gen.Int[1, 40].Select(seconds => TimeSpan.FromSeconds(seconds)));

    private static readonly Gen<long> Tokens = Gen.OneOf(Gen.Long[1, 10], Gen.Long[1, 1_000], Gen.Long[1, 10_000_000]);

    private static readonly Gen<long> Capacity = Gen.OneOf(Gen.Long[1, 20], Gen.Long[1, 5_000], Gen.Long[1, 2_000_000_000]);

    public static readonly Gen<TokenQuota> Any =
        from tokens in Tokens
        from period in Period
        from capacity in Capacity
        where TokenQuota.TryCreate(tokens, period, capacity, out _, out _)
        select TokenQuota.Create(tokens, period, capacity);

    /// <summary>Costs that are interesting to a quota: small, its capacity, one more.</summary>
    public static Gen<long> CostFor(TokenQuota quota) => Gen.Frequency(
        (6, Gen.Long[1, Math.Max(1, quota.Capacity / 4)]),
        (2, Gen.Long[1, quota.Capacity]),
        (1, Gen.Const(quota.Capacity)),
        (1, Gen.Const(quota.Capacity + 1)));

    /// <summary>Pauses that are interesting to a quota, in microseconds: none, a few, about one token's worth, about a whole refill.</summary>
    public static Gen<long> PauseFor(TokenQuota quota)
    {
        long tokenUs = Math.Max(1, quota.Rate.UnitsPerToken / quota.Rate.UnitsPerTick * quota.Rate.TickUs);
        long refillUs = Math.Max(1, quota.CapacityUnits / quota.Rate.UnitsPerTick * quota.Rate.TickUs);
        return Gen.Frequency(
            (2, Gen.Const(0L)),
            (3, Gen.Long[0, 50]),
            (4, Gen.Long[0, tokenUs * 2]),
            (1, Gen.Long[0, Math.Min(refillUs, long.MaxValue / 4) * 2]));
    }
}
