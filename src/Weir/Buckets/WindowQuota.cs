using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// A number of tokens in each second, minute, hour, day, week, month, quarter or year of a time zone, or in several of
/// them.
/// </summary>
/// <remarks>
/// A window is kept by what was spent in it and when it ends. One that has ended is as new. What was spent in a window
/// of another length is spent in this one too until that ends; a store's clock that steps back by up to a second over
/// an edge goes on in the later window, so that nothing is minted (law L5).
/// </remarks>
public sealed record WindowQuota : Quota
{
    private const long MaxLimit = ExactLimit - 1;

    private WindowQuota(long limit, WindowCalendar calendar)
        : base(limit, RefillRate.OfWindows) => Calendar = calendar;

    /// <summary>When windows begin and end.</summary>
    internal WindowCalendar Calendar { get; }

    /// <summary>The unit of a window's length.</summary>
    public WindowUnit Every => Period.Unit;

    /// <summary>The length of a window, and where it begins.</summary>
    public WindowPeriod Period => Calendar.Period;

    /// <summary>The time zone, as IANA calls it.</summary>
    public string Zone => Calendar.Zone;

    /// <inheritdoc/>
    public override TimeSpan Window => Period.Longest;

    /// <inheritdoc/>
    public override TimeSpan? WindowAt(DateTimeOffset time) => Capacity == 0 ? null : Calendar.LengthAt(time);

    /// <summary>Makes a quota, or says why these make none.</summary>
    /// <param name="limit">Tokens a window; 0 bans.</param>
    /// <param name="every">The length of a window, which begins at midnight, and on Monday if it is a week.</param>
    /// <param name="zone">The time zone, as IANA calls it, such as <c>Europe/Berlin</c>.</param>
    /// <param name="quota">The quota, when true is returned.</param>
    /// <param name="error">The error and its cure, when false is returned.</param>
    public static bool TryCreate(
        long limit, WindowUnit every, string zone,
        [NotNullWhen(true)] out WindowQuota? quota, [NotNullWhen(false)] out string? error) =>
        TryCreate(limit, new WindowPeriod(every), zone, out quota, out error);

    /// <summary>Makes a quota with windows of any length, or says why these make none.</summary>
    /// <param name="limit">Tokens a window; 0 bans.</param>
    /// <param name="period">The length of a window, and where it begins.</param>
    /// <param name="zone">The time zone, as IANA calls it, such as <c>Europe/Berlin</c>.</param>
    /// <param name="quota">The quota, when true is returned.</param>
    /// <param name="error">The error and its cure, when false is returned.</param>
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

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    internal override void Charge(ref BucketState state, in StoreTime time, long cost)
    {
        state = Now(state, time);
        state = state with { Spent = TokenBucket.Bounded(state.Spent, cost) };
    }

    /// <inheritdoc/>
    internal override long TokensLeft(BucketState state, in StoreTime time) => Math.Max(0, Capacity - Now(state, time).Spent);

    /// <inheritdoc/>
    internal override long RetryUs(BucketState state, in StoreTime time, long cost) => Now(state, time).At - time.WallUs;

    /// <inheritdoc/>
    internal override long ResetUs(BucketState state, in StoreTime time) => Now(state, time) is { Spent: > 0 } now ? now.At - time.WallUs : 0;

    /// <inheritdoc/>
    internal override BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time)
    {
        if (writtenWith.IsWindow)
            return state;
        long tokens = (state.Spent + writtenWith.UnitsPerToken - 1) / writtenWith.UnitsPerToken;
        return new BucketState(tokens, Calendar.Around(time.WallUs).EndUs);
    }

    /// <summary>Returns the spent amount of the current window, and when that window ends.</summary>
    internal BucketState Now(BucketState state, in StoreTime time)
    {
        var edges = Calendar.Around(time.WallUs);
        if (state.At <= time.WallUs)
            return new BucketState(0, edges.EndUs);
        bool steppedBack = state.At > edges.EndUs && edges.EndUs - time.WallUs <= TokenBucket.MaxFreezeUs;
        return state with { At = steppedBack ? Math.Min(state.At, edges.NextEndUs) : edges.EndUs };
    }
}
