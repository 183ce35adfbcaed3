using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Quota of tokens per calendar window of a time zone, for example per day or per 15 minutes.</summary>
// A change of the length keeps the spent tokens: they count in the new window. If the clock steps back by up to 1 s
// over an edge, the later window stays current, so that no tokens are minted (law L5).
public sealed record WindowQuota : Quota
{
    private const long MaxLimit = ExactLimit - 1;

    private WindowQuota(long limit, WindowCalendar calendar)
        : base(limit, RefillRate.OfWindows) => Calendar = calendar;

    internal WindowCalendar Calendar { get; }

    /// <summary>Unit of the window length; <see cref="Period"/> has the number of units.</summary>
    public WindowUnit Every => Period.Unit;

    /// <summary>Length and start of the windows.</summary>
    public WindowPeriod Period => Calendar.Period;

    /// <summary>IANA name of the time zone, such as Europe/Berlin.</summary>
    public string Zone => Calendar.Zone;

    /// <inheritdoc/>
    public override TimeSpan Window => Period.Longest;

    /// <inheritdoc/>
    public override TimeSpan? WindowAt(DateTimeOffset time) => Capacity == 0 ? null : Calendar.LengthAt(time);

    /// <summary>Returns when the window of a time ends.</summary>
    internal DateTimeOffset EndAt(DateTimeOffset time) =>
        DateTimeOffset.UnixEpoch.AddTicks(
            Calendar.Around((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).EndUs
            * TimeSpan.TicksPerMicrosecond);

    /// <summary>Creates a quota with windows of one unit. Returns false with an error that names the cure.</summary>
    public static bool TryCreate(
        long limit, WindowUnit every, string zone,
        [NotNullWhen(true)] out WindowQuota? quota, [NotNullWhen(false)] out string? error) =>
        TryCreate(limit, new WindowPeriod(every), zone, out quota, out error);

    /// <summary>Creates a quota of 0 (a ban) to 2^53 - 1 tokens per window, in the IANA time zone
    /// <paramref name="zone"/>. Returns false with an error that names the cure.</summary>
    public static bool TryCreate(
        long limit, WindowPeriod period, string zone,
        [NotNullWhen(true)] out WindowQuota? quota, [NotNullWhen(false)] out string? error)
    {
        quota = null;
        if (limit is < 0 or > MaxLimit)
        {
            error = $"a window's limit is from 0 to {MaxLimit}; it was {limit}";
            return false;
        }

        if (!WindowCalendar.TryCreate(period, zone, out var calendar, out error))
            return false;
        quota = new WindowQuota(limit, calendar);
        return true;
    }

    internal override BucketOutcome Take(ref BucketState state, in StoreTime time, long cost)
    {
        state = Now(state, time);
        if (cost > Capacity)
            return BucketOutcome.NeverFits;
        if (state.Spent + cost > Capacity)
            return BucketOutcome.Refused;
        state = state with { Spent = state.Spent + cost };
        return BucketOutcome.Allowed;
    }

    internal override void Charge(ref BucketState state, in StoreTime time, long cost)
    {
        state = Now(state, time);
        state = state with { Spent = TokenBucket.Bounded(state.Spent, cost) };
    }

    internal override long TokensLeft(BucketState state, in StoreTime time) => Math.Max(0, Capacity - Now(state, time).Spent);

    internal override long RetryUs(BucketState state, in StoreTime time, long cost) => Now(state, time).At - time.WallUs;

    internal override long ResetUs(BucketState state, in StoreTime time) => Now(state, time) is { Spent: > 0 } now ? now.At - time.WallUs : 0;

    internal override BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time)
    {
        if (writtenWith.IsWindow)
            return state;
        long tokens = (state.Spent + writtenWith.UnitsPerToken - 1) / writtenWith.UnitsPerToken;
        return new BucketState(tokens, Calendar.Around(time.WallUs).EndUs);
    }

    internal BucketState Now(BucketState state, in StoreTime time)
    {
        var edges = Calendar.Around(time.WallUs);
        if (state.At <= time.WallUs)
            return new BucketState(0, edges.EndUs);
        bool steppedBack = state.At > edges.EndUs && edges.EndUs - time.WallUs <= TokenBucket.MaxFreezeUs;
        return state with { At = steppedBack ? Math.Min(state.At, edges.NextEndUs) : edges.EndUs };
    }
}
