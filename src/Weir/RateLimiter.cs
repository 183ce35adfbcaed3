using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

/// <summary>Decides requests by the current policies, with one command to the store for all limits.</summary>
/// <param name="policies">Source of the policies, read once per request.</param>
/// <param name="store">Store of the buckets.</param>
/// <param name="time">Clock for the ends of blocks.</param>
/// <param name="trial">Repeats takes and charges under the candidate policies; null for no trial.</param>
/// <param name="privacy">Hashes keys and encrypts reservations; null stores both as plain text.</param>
public sealed class RateLimiter(IPolicySource policies, IBucketStore store, TimeProvider time, CandidateTrial? trial = null, KeyHash? privacy = null)
{
    private readonly ulong _process = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly MemoryStore? _memory = store as MemoryStore;
    private long _holders;

    /// <summary>Current policies. A request reads them once, so that its decision never mixes two versions.</summary>
    public PolicySet Policies => policies.Current;

    internal KeyHash? Privacy => privacy;

    internal Fingerprints Fingerprints => new(privacy);

    /// <summary>Returns the block of a request's key; null if the key is not blocked.</summary>
    public Block? BlockOf(RequestFacts facts) => BlockOf(Policies, facts);

    /// <summary>Returns the name under which a key is stored (see <see cref="Block"/>): the key or its hash.</summary>
    public string NameOf(string key) => privacy is null ? key : privacy.Of(key);

    /// <summary>Spends the cost if every applying, enforced limit allows it; otherwise spends nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A fact is out of bounds (<see cref="Bounds"/>).</exception>
    public ValueTask<Decision> TakeAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        var decision = Decide(facts, spend: true, out var pending);
        return pending is null ? new(decision) : Cancelable(WaitAsync(pending), cancellation);
    }

    /// <summary>Takes once per idempotency key. For ten minutes, repeats of an allowed take get its answer.</summary>
    /// <returns>The decision; null if the idempotency key was used for a different request.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A fact is out of bounds (<see cref="Bounds"/>).</exception>
    public async ValueTask<Decision?> TakeAsync(RequestFacts facts, string idempotencyKey, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts, out var block);
        return await AskOnceAsync("take", limits, block, BucketOperation.Take, idempotencyKey, cancellation).ConfigureAwait(false);
    }

    /// <summary>Refunds the cost of a request, at most the spent amount.</summary>
    /// <inheritdoc cref="TakeAsync(RequestFacts, string, CancellationToken)"/>
    public async ValueTask<Decision?> RefundAsync(RequestFacts facts, string? idempotencyKey = null, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts, out _);
        limits = limits with { Facts = facts.Negated() };
        return await ChargeAsync("refund", limits, idempotencyKey, cancellation).ConfigureAwait(false);
    }

    /// <summary>Charges the cost without asking the limits, even into debt.</summary>
    /// <inheritdoc cref="TakeAsync(RequestFacts, string, CancellationToken)"/>
    public async ValueTask<Decision?> ChargeAsync(
        RequestFacts facts, string? idempotencyKey = null, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts, out _);
        limits = limits with { IsCharge = true };
        return await ChargeAsync("charge", limits, idempotencyKey, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<Decision?> ChargeAsync(
        string what, LimitSet limits, string? idempotencyKey, CancellationToken cancellation)
    {
        if (idempotencyKey is not null)
            return await AskOnceAsync(what, limits, null, BucketOperation.Charge, idempotencyKey, cancellation).ConfigureAwait(false);
        if (NeedsNoStore(limits, null))
            return ChargedWithoutStore(limits);
        var answer = await store.AskAsync(new BucketCommand(limits, BucketOperation.Charge), cancellation).ConfigureAwait(false);
        TryCharge(limits.Facts, holder: null, answer);
        return Decision.From(limits, answer);
    }

    /// <summary>Resets the buckets and windows of a request, and frees all permits of its concurrency limits.</summary>
    public async ValueTask<Decision> ResetAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts.At(1), out _);
        return limits.IsEmpty
            ? Decision.Unasked(limits, store.Source)
            : Decision.From(limits, await store.AskAsync(new BucketCommand(limits, BucketOperation.Reset), cancellation).ConfigureAwait(false));
    }

    /// <summary>Returns the decision that a take would get now, with the remaining tokens. Spends nothing.</summary>
    public ValueTask<Decision> CheckAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        var decision = Decide(facts, spend: false, out var pending);
        return pending is null ? new(decision) : Cancelable(WaitAsync(pending), cancellation);
    }

    /// <summary>Checks a request, and returns the decision with its policies, plan and block. Spends nothing.</summary>
    public async ValueTask<Explanation> ExplainAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        Demand(facts, leastCost: 0);
        var set = Policies;
        var limits = set.Resolve(facts);
        var block = BlockOf(set, facts);
        var unblocked = limits.IsEmpty
            ? Decision.Unasked(limits, store.Source)
            : Decision.From(limits, await store.CheckAsync(limits, cancellation).ConfigureAwait(false));
        return new Explanation(set, limits.Plan, block, NeedsNoStore(limits, block) ? Settled(limits, block) : unblocked, unblocked);
    }

    /// <summary>Begins a take or a check without an async state machine.</summary>
    /// <returns>Null if <paramref name="decision"/> is made; else the result to await, for <see cref="End"/>.</returns>
    public PendingResult? Begin(in RequestFacts facts, bool spend, out Decision decision)
    {
        decision = Decide(facts, spend, out var pending);
        return pending;
    }

    // Decides several requests of a tenant as one: if one is refused, none spends.
    internal async ValueTask<Decision[]> DecideTogetherAsync(IReadOnlyList<JointPart> parts)
    {
        var set = Policies;
        var limits = new LimitSet[parts.Count];
        var decisions = new Decision[parts.Count];
        var asked = new List<int>();
        var joint = new JointCommand(store);
        bool isRefused = false;
        for (int i = 0; i < limits.Length; i++)
        {
            limits[i] = Resolve(set, parts[i]);
            var block = BlockOf(set, parts[i].Facts);
            if (NeedsNoStore(limits[i], block))
            {
                decisions[i] = Settled(limits[i], block);
                isRefused |= !decisions[i].Allowed;
                continue;
            }

            asked.Add(i);
            joint.Add(limits[i], parts[i].Spend);
        }

        bool isAdmitted = await joint.ExecuteAsync(isRefused).ConfigureAwait(false);
        for (int i = 0; i < asked.Count; i++)
            decisions[asked[i]] = Decision.From(limits[asked[i]], joint.ResultOf(i));
        for (int i = 0; i < limits.Length; i++)
        {
            // A part that another one kept from spending is no decision to compare with.
            if (parts[i] is { Spend: true, Plan: null } && (isAdmitted || !decisions[i].Allowed))
                Tried(limits[i], decisions[i]);
        }

        return decisions;
    }

    private LimitSet Resolve(PolicySet set, in JointPart part)
    {
        Demand(part.Facts, part.Spend ? 1 : 0);
        var own = set.PlanOf(part.Facts, out bool isListed);
        var plan = part.Plan ?? own;
        uint applying = plan.Applying(part.Facts, out uint lacking);
        return new LimitSet(part.Facts, plan, applying, isListed, HolderOf(plan, part.Spend)) { Lacking = lacking };
    }

    // Begins a take or a check under the given plan instead of the tenant's. Takes no permits and starts no trial.
    internal PendingResult? Begin(in RequestFacts facts, Plan plan, bool spend, out Decision decision)
    {
        Demand(facts, spend ? 1 : 0);
        var set = Policies;
        set.PlanOf(facts.Tenant, out bool isListed);
        var limits = new LimitSet(facts, plan, plan.Applying(facts, out _), isListed, holder: null);
        var what = spend ? BucketOperation.Take : BucketOperation.Check;
        PendingResult? pending = null;
        if (BlockOf(set, facts) is { } block)
            decision = Settled(limits, block);
        else if (_memory is not null)
            decision = _memory.Decide(limits, what);
        else
        {
            pending = store.Execute(new BucketCommand(limits, what), out var result);
            decision = pending is null ? Decision.From(limits, result) : default;
        }

        return pending;
    }

    // Charges by a plan that comes with the request, even into debt.
    internal async ValueTask<Decision> ChargeAsync(RequestFacts facts, Plan plan)
    {
        Demand(facts, leastCost: 1);
        Policies.PlanOf(facts.Tenant, out bool isListed);
        var limits = new LimitSet(facts, plan, plan.Applying(facts, out _), isListed, holder: null) { IsCharge = true };
        var answer = await store.AskAsync(new BucketCommand(limits, BucketOperation.Charge)).ConfigureAwait(false);
        return Decision.From(limits, answer);
    }

    internal static Decision EndByOwnPlan(PendingResult pending)
    {
        var limits = pending.Command.Limits;
        return Decision.From(limits, pending.Take());
    }

    // Begins a take or a check like Begin, but returns the decision by value, which saves a copy.
    private Decision Decide(in RequestFacts facts, bool spend, out PendingResult? pending)
    {
        pending = null;
        Demand(facts, spend ? 1 : 0);
        var set = Policies;
        var plan = set.PlanOf(facts, out bool isListed);
        var block = BlockOf(set, facts);
        uint applying = plan.Applying(facts, out uint lacking);
        var limits = new LimitSet(facts, plan, applying, isListed, HolderOf(plan, spend)) { Lacking = lacking };
        if (NeedsNoStore(limits, block))
            return Settled(limits, block, spend);
        var what = spend ? BucketOperation.Take : BucketOperation.Check;
        // Call the memory store directly: creating and copying a command and a result would double the cost.
        if (_memory is null)
            return Execute(limits, what, out pending);
        return spend && trial?.Candidate is not null ? Tried(limits, _memory.Decide(limits, what)) : _memory.Decide(limits, what);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Decision Execute(in LimitSet limits, BucketOperation what, out PendingResult? pending)
    {
        pending = store.Execute(new BucketCommand(limits, what), out var result);
        return pending is null ? Decide(limits, what == BucketOperation.Take, result) : default;
    }

    /// <summary>Completes a request that <c>Begin</c> left pending, after its result has arrived.</summary>
    public Decision End(PendingResult pending)
    {
        var limits = pending.Command.Limits;
        bool spend = pending.Command.What == BucketOperation.Take;
        return Decide(limits, spend, pending.Take());
    }

    private Decision Decide(in LimitSet limits, bool spend, in BucketResult result)
    {
        var decision = Decision.From(limits, result);
        return spend ? Tried(limits, decision) : decision;
    }

    // Returns a take's limits and block from one version of the policies. Throws if a fact is out of bounds.
    internal LimitSet ResolveTake(in RequestFacts facts, out Block? block)
    {
        Demand(facts, leastCost: 1);
        var set = Policies;
        var limits = set.Resolve(facts);
        block = BlockOf(set, facts);
        return limits with { Holder = HolderOf(limits.Plan, spend: true) };
    }

    private PermitHolder? HolderOf(Plan plan, bool spend) => spend && plan.HasPermits ? NextHolder() : null;

    // Returns the block of a request's key. Computes the key's stored name only if there are blocks.
    private Block? BlockOf(PolicySet set, in RequestFacts facts) => set.HasBlocks ? set.BlockOf(facts.Tenant, NameOf(facts.Key)) : null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PermitHolder NextHolder() => new(new UInt128(_process, (ulong)Interlocked.Increment(ref _holders)));

    internal static bool NeedsNoStore(in LimitSet limits, Block? block) => limits.IsEmpty || IsRefused(limits, block);

    // True if the key is blocked or a limit denies a missing dimension, so that the decision needs no buckets.
    internal static bool IsRefused(in LimitSet limits, Block? block) => block is not null || limits.IsDenied;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Decision Settled(in LimitSet limits, Block? block, bool spend) =>
        spend ? Tried(limits, Settled(limits, block)) : Settled(limits, block);

    internal Decision Settled(in LimitSet limits, Block? block) => block is not null
        ? Decision.Blocked(limits, block, time.GetUtcNow(), store.Source)
        : Decision.Unasked(limits, store.Source);

    private async ValueTask<Decision?> AskOnceAsync(string what, LimitSet limits, Block? block, BucketOperation operation, string idempotencyKey, CancellationToken cancellation)
    {
        var record = new RecordKey(Fingerprints.Of(what, idempotencyKey), Fingerprints.Of(what, limits.Facts))
        {
            IsBounded = true,
            Text = Encoding.UTF8.GetBytes(string.Join('\n', NamesOf(limits))),
        };
        // All repeats share one permit holder, so that an undo of any repeat frees the permits.
        if (limits.Plan.HasPermits)
            limits = limits with { Holder = new PermitHolder(record.Id) };
        if (NeedsNoStore(limits, block))
        {
            if ((await store.RecallAsync(limits.Facts.Tenant, record.Id, cancellation).ConfigureAwait(false)).Kept is not { } kept)
                return operation == BucketOperation.Take ? Tried(limits, Settled(limits, block)) : ChargedWithoutStore(limits);
            return kept.Fingerprint == record.Fingerprint ? Decision.Remembered(limits, kept, NamesIn(kept.Text), store.Source, degraded: false) : null;
        }

        var answer = await store.AskAsync(new BucketCommand(limits, operation) { RecordKey = record }, cancellation).ConfigureAwait(false);
        if (answer.Fault == StoreFault.Conflict)
            return null;
        // A repeat starts no trial: the first execution already started one.
        if (answer.IsRemembered)
            return await RememberedAsync(limits, answer, record, cancellation).ConfigureAwait(false);
        if (operation == BucketOperation.Take)
            return Tried(limits, Decision.From(limits, answer));
        TryCharge(limits.Facts, holder: null, answer);
        return Decision.From(limits, answer);
    }

    // Returns the decision on a charge that no limit counts. The candidate's limits may still count it.
    private Decision ChargedWithoutStore(in LimitSet limits)
    {
        if (trial?.Candidate is { } candidate)
            trial.Charge(candidate, limits.Facts, holder: null);
        return Decision.Unasked(limits, store.Source);
    }

    internal static IEnumerable<string> NamesOf(LimitSet limits) => limits.Plan.Limits.Where((_, i) => (limits.Applying >> i & 1) != 0).Select(limit => limit.Name);

    private static string[] NamesIn(byte[] text) => Encoding.UTF8.GetString(text).Split('\n');

    /// <summary>Returns the stored decision. Matches limits by name, because the current limits may differ.</summary>
    private async ValueTask<Decision> RememberedAsync(LimitSet limits, BucketResult answer, RecordKey record, CancellationToken cancellation)
    {
        var kept = answer.Kept ?? (await store.RecallAsync(limits.Facts.Tenant, record.Id, cancellation).ConfigureAwait(false)).Kept;
        return kept is null ? Decision.From(limits, answer) : Decision.Remembered(limits, kept, NamesIn(kept.Text), answer.Source, answer.Degraded);
    }

    // Returns the attributes that current or candidate limits need for a settlement; null if there are none.
    internal Dictionary<string, string>? AttributesOf(in LimitSet limits)
    {
        if (limits.Facts.Attributes is not { Count: > 0 } given)
            return null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var limit in limits)
            names.UnionWith(limit.Dimensions.Select(dimension => dimension.Name));
        foreach (var limit in trial?.Candidate?.PlanOf(limits.Facts, out _).Limits ?? [])
        {
            names.UnionWith(limit.Dimensions.Select(dimension => dimension.Name));
            names.UnionWith(limit.When.Concat(limit.Unless).Select(condition => condition.Dimension));
        }

        var used = given.Where(attribute => names.Contains(attribute.Key)).ToDictionary(StringComparer.Ordinal);
        return used.Count == 0 ? null : used;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Decision Tried(in LimitSet limits, in Decision decision)
    {
        if (trial?.Candidate is { } candidate)
            trial.Take(candidate, limits.Facts, limits.Holder ?? NextHolder(), decision);
        return decision;
    }

    internal void TryCharge(in RequestFacts facts, PermitHolder? holder, in BucketResult answer)
    {
        if (answer is { Fault: StoreFault.None, Degraded: false, IsRemembered: false } && trial?.Candidate is { } candidate)
            trial.Charge(candidate, facts, holder);
    }

    private static void Demand(in RequestFacts facts, long leastCost)
    {
        if (Bounds.Complaint(facts, leastCost) is { } complaint)
            Throw(complaint);
    }

    private static void Throw(Complaint complaint) => throw new ArgumentOutOfRangeException(complaint.Field, complaint.Message);

    private static ValueTask<T> Cancelable<T>(ValueTask<T> waiting, CancellationToken cancellation) =>
        cancellation.CanBeCanceled ? new(waiting.AsTask().WaitAsync(cancellation)) : waiting;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Decision> WaitAsync(PendingResult pending)
    {
        await pending.Arrival.ConfigureAwait(false);
        return End(pending);
    }
}
