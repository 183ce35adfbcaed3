using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// A number of permits, each held until it is given back or its lease is over. A caller without a reservation
/// cannot give back, and so holds its place for the lease.
/// </summary>
/// <remarks>
/// A store keeps the holders; a <see cref="BucketState"/> only says how many there are, and when there will be room.
/// </remarks>
public sealed record ConcurrencyQuota : Quota
{
    /// <summary>Permits, at most: each holder is remembered.</summary>
    public const int MaxPermits = 100_000;

    /// <summary>The lease by default.</summary>
    public static readonly TimeSpan DefaultLease = TimeSpan.FromMinutes(1);

    /// <summary>The longest lease: a day.</summary>
    public static readonly TimeSpan MaxLease = TimeSpan.FromDays(1);

    private ConcurrencyQuota(long permits, TimeSpan lease)
        : base(permits, RefillRate.OfWindows) => Lease = lease;

    /// <summary>
    /// How long a permit is held by someone who does not come back; from a millisecond to <see cref="MaxLease"/>.
    /// </summary>
    public TimeSpan Lease { get; }

    /// <inheritdoc/>
    public override TimeSpan Window => Lease;

    /// <inheritdoc/>
    public override TimeSpan? WindowAt(DateTimeOffset time) => null;

    /// <summary>Makes a quota, or says why these numbers make none.</summary>
    /// <param name="permits">Permits; 0 bans, at most <see cref="MaxPermits"/>.</param>
    /// <param name="lease">How long a permit is held at most, in whole milliseconds.</param>
    /// <param name="quota">The quota, when true is returned.</param>
    /// <param name="error">The error and its cure, when false is returned.</param>
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

    /// <inheritdoc/>
    internal override BucketOutcome Take(ref BucketState state, in StoreTime time, long cost) =>
        cost > Capacity ? BucketOutcome.NeverFits : state.Spent + cost > Capacity ? BucketOutcome.Refused : BucketOutcome.Allowed;

    /// <inheritdoc/>
    internal override void Charge(ref BucketState state, in StoreTime time, long cost)
    {
    }

    /// <inheritdoc/>
    internal override long TokensLeft(BucketState state, in StoreTime time) => Math.Max(0, Capacity - state.Spent);

    /// <inheritdoc/>
    internal override long RetryUs(BucketState state, in StoreTime time, long cost) => Math.Max(0, state.At - time.NowUs);

    /// <inheritdoc/>
    internal override long ResetUs(BucketState state, in StoreTime time) => state.Spent == 0 ? 0 : Math.Max(0, state.At - time.NowUs);

    /// <inheritdoc/>
    internal override BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time) => default;
}
