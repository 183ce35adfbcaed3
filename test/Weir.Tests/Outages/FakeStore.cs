namespace Weir.Tests.Outages;

/// <summary>A Redis of the test's own making: sound, at fault, or holding its answers back.</summary>
internal sealed class FakeStore(TimeProvider time) : IBucketStore
{
    private readonly HashSet<UInt128> _settled = [];
    private MemoryStore _buckets = new(new MemoryStoreOptions { MaxKeys = 65_536 }, time);

    public StoreFault Fault { get; set; }

    /// <summary>What it does as it is asked, and answers too late.</summary>
    public Func<BucketCommand, bool> IsLateFor { get; set; } = _ => false;

    /// <summary>What it does not do, for there are too many.</summary>
    public Func<BucketCommand, bool> IsCrowdedFor { get; set; } = _ => false;

    /// <summary>Answers that were too late.</summary>
    public int Late { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Forget()
    {
        _settled.Clear();
        _buckets = new MemoryStore(new MemoryStoreOptions { MaxKeys = 65_536 }, time);
    }

    /// <summary>The units of each charge that was executed, or remembered.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<long> Charged { get; } = [];

    /// <summary>It is sound again when it has been asked so often.</summary>
    public int SoundAfter { get; set; } = int.MaxValue;

    /// <summary>When set, answers wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Breaks the contract of a store.</summary>
    public bool Throws { get; set; }

    public int Asked { get; private set; }

    public DecisionSource Source => DecisionSource.Redis;

    public TimeSpan LongestAnswer { get; set; }

    /// <summary>Called with each command first.</summary>
    public Action<BucketCommand> Seen { get; set; } = _ => { };

    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        _buckets.RecallAsync(tenant, id, cancellation);

    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        var executing = ExecuteAsync(command);
        result = executing.IsCompletedSuccessfully ? executing.Result : default;
        return executing.IsCompletedSuccessfully ? null : PendingResult.Of(command, executing);
    }

    /// <summary>Takes that were undone.</summary>
    public int Undone { get; private set; }

    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        Undone++;
        _buckets.Execute(new BucketCommand(command.Limits with { Facts = command.Limits.Facts.Negated() }, BucketOperation.Charge));
        return Task.CompletedTask;
    }

    private async ValueTask<BucketResult> ExecuteAsync(BucketCommand command)
    {
        Asked++;
        Seen(command);
        if (Gate is { } gate)
            await gate.Task;
        if (Throws)
            throw new InvalidOperationException("a store is not to throw");
        if (Fault != StoreFault.None && Asked <= SoundAfter)
            return BucketResult.Failed(Fault);
        if (IsCrowdedFor(command))
            return BucketResult.Failed(StoreFault.Crowded);
        BucketResult answer;
        lock (_settled)
            answer = command.What is BucketOperation.Settle or BucketOperation.Restore ? Settle(command) : _buckets.Execute(command);
        if (command.What == BucketOperation.Settle)
            Charged.Enqueue(command.Limits.Facts.Cost);
        if (IsLateFor(command))
        {
            Late++;
            return BucketResult.Failed(StoreFault.Late);
        }

        if (answer.Fault != StoreFault.None)
            return answer;
        return new BucketResult(answer.Outcome, answer.State, answer.Time, DecisionSource.Redis) { IsRemembered = answer.IsRemembered };
    }

    /// <summary>Charges units, as the script of Redis does: a name once, and of what is restored what exceeds what was restored before.</summary>
    private BucketResult Settle(in BucketCommand command)
    {
        var (limits, quota) = (command.Limits.Only(0), command.Limits.First.Quota);
        var time = _buckets.WithWall(_buckets.Time);
        bool isKnown = command.RecordKey is { } memo && !_settled.Add(memo.Id);
        long missing = command.Limits.Facts.Cost;
        if (command.What == BucketOperation.Restore)
            missing = Math.Max(0, missing - Level(Charge(command.Limits.Only(1), 0), quota, time));
        if (command.What == BucketOperation.Restore)
            Charge(command.Limits.Only(1), missing);
        return new BucketResult(BucketOutcome.Allowed, Charge(limits, isKnown ? 0 : missing, command.OnlyEnds?[0] ?? 0), time, DecisionSource.Redis) { IsRemembered = isKnown };
    }

    private BucketState Charge(in LimitSet limits, long units, long onlyEnd = 0)
    {
        var limit = limits.First;
        var time = _buckets.WithWall(_buckets.Time);
        var hash = BucketHash.Of(limits.Facts, limit, _buckets.Seed);
        var state = _buckets.StateOf(limits, limit, hash);
        limit.Quota.Charge(ref state, time, 0);
        if (units >= 0 || onlyEnd == 0 || onlyEnd == state.At)
            state = state with { Spent = TokenBucket.Bounded(state.Spent, units) };
        _buckets.Know(limits, limit, hash, state);
        return state;
    }

    private static long Level(BucketState state, Quota quota, in StoreTime time) =>
        quota is WindowQuota window ? window.Now(state, time).Spent : TokenBucket.SpentAt(quota.Rate, state, time.NowUs);
}
