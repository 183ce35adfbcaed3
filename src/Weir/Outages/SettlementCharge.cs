namespace Weir;

// The charge that settles outage spending of one bucket. Retries keep the id, so the primary charges once.
internal sealed record SettlementCharge(LimitSet Limits, long Units, UInt128 Id)
{
    /// <summary>Lifetime of the id in the primary; a later retry charges again. Refunds are retried for less.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private const long MostGiveBackUs = 40_000_000;

    private readonly Lock _lock = new();
    private Task<StoreFault> _sending = Task.FromResult(StoreFault.None);

    /// <summary>The primary's state before the charge, on memory's clock.</summary>
    public BucketState Known { get; init; }

    public Quota Quota => Limits.First.Quota;

    public long OwedUs { get; init; }

    /// <summary>End of the only window that may be refunded; 0 for a token bucket.</summary>
    public long WindowEnd { get; init; }

    // Sends the charge, or returns the attempt under way. No fault: the primary has executed the charge, or never will.
    public Task<StoreFault> SendAsync(Func<SettlementCharge, Task<StoreFault>> send)
    {
        lock (_lock)
            return _sending = _sending.IsCompleted ? send(this) : _sending;
    }

    public BucketCommand ToCommand() => new(WithCost(Limits, Units), BucketOperation.Settle) { RecordKey = new RecordKey(Id, Id) { Life = Life }, OnlyEnds = [WindowEnd] };

    /// <summary>True if the charge may still be sent: a refund only while the primary surely knows its id.</summary>
    public bool MayBeSentAt(long nowUs) => Units > 0 || nowUs - OwedUs < MostGiveBackUs;

    /// <summary>Returns a lower bound of the primary's state after this charge.</summary>
    public BucketState KnownAfter(in StoreTime time) => Quota is WindowQuota window && window.Now(Known, time) is var now
        ? now with { Spent = TokenBucket.Bounded(now.Spent, Units) }
        : new BucketState(TokenBucket.Bounded(TokenBucket.SpentAt(Quota.Rate, Known, time.NowUs), Units), time.NowUs);

    // Makes a command that raises a bucket to these units. A second bucket, with ~ in its name, counts restored units.
    public static BucketCommand Restore(in LimitSet limits, long units)
    {
        var limit = limits.First;
        var plan = new Plan(limits.Plan.Name, [Plain(limit, limit.Name), Plain(limit, limit.Name + "~known")], OnOutage.Local);
        return new BucketCommand(WithCost(new LimitSet(limits.Facts, plan, 0b11), units), BucketOperation.Restore);
    }

    /// <summary>Returns a limit set of one bucket in which a cost of one token spends one token.</summary>
    public static LimitSet AloneAndPlain(in LimitSet limits, Limit limit) =>
        new(limits.Facts, new Plan(limits.Plan.Name, [Plain(limit, limit.Name)], OnOutage.Local), 1) { TenantIsListed = limits.TenantIsListed };

    private static Limit Plain(Limit limit, string name) => new(name, limit.Dimensions, limit.Quota);

    private static LimitSet WithCost(in LimitSet limits, long units) => limits with { Facts = limits.Facts.At(units) };
}
