namespace Weir;

/// <summary>What this instance spent of one bucket by itself, on its way to the primary. It keeps its name however often it is sent, so that it is charged once.</summary>
/// <param name="Hash">The bucket, as memory knows it.</param>
/// <param name="Limits">The request's facts with that one limit, at its plain cost.</param>
/// <param name="Tokens">What to charge; negative to give back.</param>
/// <param name="Id">What it is kept under.</param>
internal sealed record OwnSpend(UInt128 Hash, LimitSet Limits, long Tokens, UInt128 Id)
{
    /// <summary>So long the primary knows it again. What is sent again later is charged twice, which is never too little; what is to be given back is not sent again so late.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private const long MostGiveBackUs = 40_000_000;

    private readonly Lock _lock = new();
    private Task<StoreFault> _sending = Task.FromResult(StoreFault.None);

    /// <summary>When it was owed first, by the clock of memory.</summary>
    public long OwedUs { get; init; }

    /// <summary>The end of the only window to which anything is given back; 0 for a bucket.</summary>
    public long WindowEnd { get; init; }

    /// <summary>Another charge of the bucket that has not come yet, as far as is known.</summary>
    public OwnSpend? Before { get; set; }

    /// <summary>How many such there are, this one included.</summary>
    public int Count => 1 + (Before?.Count ?? 0);

    /// <summary>Sends it, if it is not on its way already. No fault when it has come, or never will.</summary>
    public Task<StoreFault> SendAsync(Func<OwnSpend, Task<StoreFault>> send)
    {
        lock (_lock)
            return _sending = _sending.IsCompleted ? send(this) : _sending;
    }

    /// <summary>The charge of a bucket's own limit, whatever a request would be multiplied by.</summary>
    public StoreAsk ToAsk() => new(Limits with { Facts = Limits.Facts with { Cost = Tokens } }, StoreVerb.Charge) { Memo = new Memo(Id, Id) { Life = Life }, OnlyEnds = [WindowEnd] };

    /// <summary>Whether it would do no harm if it has come before.</summary>
    public bool MayBeSentAt(long nowUs) => Tokens > 0 || nowUs - OwedUs < MostGiveBackUs;

    /// <summary>A request that concerns one bucket alone, and of which one token costs one token.</summary>
    public static LimitSet AloneAndPlain(in LimitSet limits, Limit limit) =>
        new(limits.Facts, new Plan(limits.Plan.Name, [new Limit(limit.Name, limit.Dimensions, limit.Quota)], OnOutage.Local), 1) { TenantIsListed = limits.TenantIsListed };
}
