using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Quota of a number of permits. A permit is free again once it is returned or times out.</summary>
public sealed record ConcurrencyQuota : Quota
{
    /// <summary>Maximum number of permits of a quota: 100,000. Each holder takes memory.</summary>
    public const int MaxPermits = 100_000;

    /// <summary>Default permit timeout: one minute.</summary>
    public static readonly TimeSpan DefaultLease = TimeSpan.FromMinutes(1);

    /// <summary>Maximum permit timeout: one day.</summary>
    public static readonly TimeSpan MaxLease = TimeSpan.FromDays(1);

    private ConcurrencyQuota(long permits, TimeSpan lease)
        : base(permits, RefillRate.OfWindows) => Lease = lease;

    /// <summary>Time after which an unreturned permit is free again; 1 ms to <see cref="MaxLease"/>.</summary>
    public TimeSpan Lease { get; }

    /// <inheritdoc/>
    public override TimeSpan Window => Lease;

    /// <inheritdoc/>
    public override TimeSpan? WindowAt(DateTimeOffset time) => null;

    /// <summary>Creates a quota of 0 (a ban) to <see cref="MaxPermits"/> permits, with a permit timeout of 1 ms to
    /// <see cref="MaxLease"/>. Returns false with an error that names the cure.</summary>
    public static bool TryCreate(
        long permits, TimeSpan lease, [NotNullWhen(true)] out ConcurrencyQuota? quota, [NotNullWhen(false)] out string? error)
    {
        quota = null;
        error = permits is < 0 or > MaxPermits ? $"a concurrency's limit is from 0 to {MaxPermits}; it was {permits}"
            : lease < TimeSpan.FromMilliseconds(1) || lease > MaxLease ? $"a lease is from 1ms to {MaxLease.TotalHours:0}h"
            : null;
        if (error is not null)
            return false;
        quota = new ConcurrencyQuota(permits, lease);
        return true;
    }

    internal override BucketOutcome Take(ref BucketState state, in StoreTime time, long cost) =>
        cost > Capacity ? BucketOutcome.NeverFits : state.Spent + cost > Capacity ? BucketOutcome.Refused : BucketOutcome.Allowed;

    internal override void Charge(ref BucketState state, in StoreTime time, long cost)
    {
    }

    internal override long TokensLeft(BucketState state, in StoreTime time) => Math.Max(0, Capacity - state.Spent);

    internal override long RetryUs(BucketState state, in StoreTime time, long cost) => Math.Max(0, state.At - time.NowUs);

    internal override long ResetUs(BucketState state, in StoreTime time) => state.Spent == 0 ? 0 : Math.Max(0, state.At - time.NowUs);

    internal override BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time) => default;
}
