namespace Weir;

/// <summary>
/// A charge for what this instance spent of one bucket without the primary. It keeps its name however often it is sent,
/// so that it is charged once.
/// </summary>
/// <param name="Limits">The request's facts with that one limit, at its plain cost.</param>
/// <param name="Units">Units to charge; negative to give back.</param>
/// <param name="Id">Its name.</param>
internal sealed record SettlementCharge(LimitSet Limits, long Units, UInt128 Id)
{
    /// <summary>
    /// How long the primary knows the name. A charge that is sent again later is made twice; a cost given back is not
    /// sent so late.
    /// </summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private const long MostGiveBackUs = 40_000_000;

    private readonly Lock _lock = new();
    private Task<StoreFault> _sending = Task.FromResult(StoreFault.None);

    /// <summary>What the primary was known to hold before, on the clock of memory.</summary>
    public BucketState Known { get; init; }

    public Quota Quota => Limits.First.Quota;

    /// <summary>When it was made, by the clock of memory.</summary>
    public long OwedUs { get; init; }

    /// <summary>The end of the only window to which anything is given back; 0 for a bucket.</summary>
    public long WindowEnd { get; init; }

    /// <summary>
    /// Sends it unless it is under way. Returns no fault if the primary has executed it, or never will.
    /// </summary>
    public Task<StoreFault> SendAsync(Func<SettlementCharge, Task<StoreFault>> send)
    {
        lock (_lock)
            return _sending = _sending.IsCompleted ? send(this) : _sending;
    }

    public BucketCommand ToCommand() => new(WithCost(Limits, Units), BucketOperation.Settle) { RecordKey = new RecordKey(Id, Id) { Life = Life }, OnlyEnds = [WindowEnd] };

    /// <summary>True if it does no harm if the primary has executed it before.</summary>
    public bool MayBeSentAt(long nowUs) => Units > 0 || nowUs - OwedUs < MostGiveBackUs;

    /// <summary>Returns what the primary holds at least once it has executed this.</summary>
    public BucketState KnownAfter(in StoreTime time) => Quota is WindowQuota window && window.Now(Known, time) is var now
        ? now with { Spent = TokenBucket.Bounded(now.Spent, Units) }
        : new BucketState(TokenBucket.Bounded(TokenBucket.SpentAt(Quota.Rate, Known, time.NowUs), Units), time.NowUs);

    /// <summary>
    /// Returns the command by which a primary that lost its memory holds at least these units of a bucket.
    /// </summary>
    /// <remarks>A second bucket holds the restored amount. No limit's name has a <c>~</c>.</remarks>
    public static BucketCommand Restore(in LimitSet limits, long units)
    {
        var limit = limits.First;
        var plan = new Plan(limits.Plan.Name, [Plain(limit, limit.Name), Plain(limit, limit.Name + "~known")], OnOutage.Local);
        return new BucketCommand(WithCost(new LimitSet(limits.Facts, plan, 0b11), units), BucketOperation.Restore);
    }

    /// <summary>Returns a request that concerns one bucket, and of which one token costs one token.</summary>
    public static LimitSet AloneAndPlain(in LimitSet limits, Limit limit) =>
        new(limits.Facts, new Plan(limits.Plan.Name, [Plain(limit, limit.Name)], OnOutage.Local), 1) { TenantIsListed = limits.TenantIsListed };

    private static Limit Plain(Limit limit, string name) => new(name, limit.Dimensions, limit.Quota);

    private static LimitSet WithCost(in LimitSet limits, long units) => limits with { Facts = limits.Facts.At(units) };
}
