using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Weir;

/// <summary>Decides requests: which limits apply, what their buckets say, in one call to the store.</summary>
/// <param name="policies">Who has which limits.</param>
/// <param name="store">Where the buckets live.</param>
/// <param name="time">Says how long a block still holds.</param>
/// <param name="trial">Tries candidate policies on what has been decided; null to try none.</param>
/// <param name="privacy">Hashes keys before they are stored. Null stores them as they are.</param>
public sealed class RateLimiter(IPolicySource policies, IBucketStore store, TimeProvider time, CandidateTrial? trial = null, KeyHash? privacy = null)
{
    private readonly ulong _process = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly MemoryStore? _memory = store as MemoryStore;
    private long _holders;

    /// <summary>The current policies. Read once per request, so that a decision never mixes two versions.</summary>
    public PolicySet Policies => policies.Current;

    /// <summary>Hashes keys before they are stored. Null stores them as they are.</summary>
    internal KeyHash? Privacy => privacy;

    internal Fingerprints Fingerprints => new(privacy);

    /// <summary>The block of a request's key, or null when there is none.</summary>
    public Block? BlockOf(RequestFacts facts) => BlockOf(Policies, facts);

    /// <summary>What a key is called where it is kept, such as in a <see cref="Block"/>.</summary>
    public string NameOf(string key) => privacy is null ? key : privacy.Of(key);

    /// <summary>Spends the cost if every limit that applies allows it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
    public ValueTask<Decision> TakeAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        var decision = Decide(facts, spend: true, out var pending);
        return pending is null ? new(decision) : Cancelable(WaitAsync(pending), cancellation);
    }

    /// <summary>
    /// Takes once: for ten minutes, the same request under the same key gets the same answer and spends nothing. A
    /// refusal is not stored.
    /// </summary>
    /// <param name="facts">The request.</param>
    /// <param name="idempotencyKey">What the caller calls this request; see <see cref="Bounds.MaxKeyBytes"/>.</param>
    /// <param name="cancellation">Gives up waiting; the cost may have been spent.</param>
    /// <returns>The decision, or null when the key stands for another request.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
    public async ValueTask<Decision?> TakeAsync(RequestFacts facts, string idempotencyKey, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts, out var block);
        return await AskOnceAsync("take", limits, block, BucketOperation.Take, idempotencyKey, cancellation).ConfigureAwait(false);
    }

    /// <summary>Gives back what a request spent that turned out not to be one; never more than was spent.</summary>
    /// <inheritdoc cref="TakeAsync(RequestFacts, string, CancellationToken)"/>
    public async ValueTask<Decision?> RefundAsync(RequestFacts facts, string? idempotencyKey = null, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts, out _);
        limits = limits with { Facts = facts.Negated() };
        return await ChargeAsync("refund", limits, idempotencyKey, cancellation).ConfigureAwait(false);
    }

    /// <summary>Charges the cost without asking. If it exceeds what is left, the bucket is in debt.</summary>
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
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
    public async ValueTask<Decision> ResetAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        var limits = ResolveTake(facts.At(1), out _);
        return limits.IsEmpty
            ? Decision.Unasked(limits, store.Source)
            : Decision.From(limits, await store.AskAsync(new BucketCommand(limits, BucketOperation.Reset), cancellation).ConfigureAwait(false));
    }

    /// <summary>Says whether a take would be allowed now and what remains now, and spends nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
    public ValueTask<Decision> CheckAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        var decision = Decide(facts, spend: false, out var pending);
        return pending is null ? new(decision) : Cancelable(WaitAsync(pending), cancellation);
    }

    /// <summary>Checks a request and says by which policies, all by one version of them. Spends nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
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

    /// <summary>Begins a take or a check.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="spend">True to take, false to check.</param>
    /// <param name="decision">The decision, if it is made at once.</param>
    /// <returns>
    /// Null if <paramref name="decision"/> is made; else what to await and to pass to <see cref="End"/>.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
    public PendingResult? Begin(in RequestFacts facts, bool spend, out Decision decision)
    {
        decision = Decide(facts, spend, out var pending);
        return pending;
    }

    /// <summary>
    /// Begins a take or a check by a plan that comes with the request instead of its tenant's. No candidate tries it.
    /// </summary>
    /// <param name="facts">The request.</param>
    /// <param name="plan">The plan; without concurrency limits.</param>
    /// <param name="spend">True to take, false to check.</param>
    /// <param name="decision">The decision, if it is made at once.</param>
    /// <returns>
    /// Null if <paramref name="decision"/> is made; else what to await and to pass to <see cref="EndByOwnPlan"/>.
    /// </returns>
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

    /// <summary>Returns the decision by a plan of its own, once its result has arrived.</summary>
    internal static Decision EndByOwnPlan(PendingResult pending)
    {
        var limits = pending.Command.Limits;
        return Decision.From(limits, pending.Take());
    }

    /// <summary>
    /// As <see cref="Begin(in RequestFacts, bool, out Decision)"/>, with the decision returned by value: the caller's place for it is never copied.
    /// </summary>
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
        // Memory decides in place: a command and a result, made and copied, would cost as much as the decision.
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

    /// <summary>Returns the decision that <see cref="Begin(in RequestFacts, bool, out Decision)"/> began, once its result has arrived.</summary>
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

    /// <summary>
    /// The limits of a request that is to spend, and the block of its key, by one version of the policies.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A fact is out of its bounds (see <see cref="Bounds"/>).
    /// </exception>
    internal LimitSet ResolveTake(in RequestFacts facts, out Block? block)
    {
        Demand(facts, leastCost: 1);
        var set = Policies;
        var limits = set.Resolve(facts);
        block = BlockOf(set, facts);
        return limits with { Holder = HolderOf(limits.Plan, spend: true) };
    }

    /// <summary>
    /// Who takes without a reservation cannot give back, but must not be taken for another who does so, too.
    /// </summary>
    private PermitHolder? HolderOf(Plan plan, bool spend) => spend && plan.HasPermits ? NextHolder() : null;

    /// <summary>Where nothing is blocked, no key needs a name.</summary>
    private Block? BlockOf(PolicySet set, in RequestFacts facts) => set.HasBlocks ? set.BlockOf(facts.Tenant, NameOf(facts.Key)) : null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private PermitHolder NextHolder() => new(new UInt128(_process, (ulong)Interlocked.Increment(ref _holders)));

    /// <summary>
    /// True for a key that is blocked, or that nothing limits, and for a request that lacks a dimension that it must
    /// have.
    /// </summary>
    internal static bool NeedsNoStore(in LimitSet limits, Block? block) => limits.IsEmpty || IsRefused(limits, block);

    /// <summary>True for a request that is refused whatever its buckets hold.</summary>
    internal static bool IsRefused(in LimitSet limits, Block? block) => block is not null || limits.IsDenied;

    /// <summary>The decision that needs no store.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Decision Settled(in LimitSet limits, Block? block, bool spend) =>
        spend ? Tried(limits, Settled(limits, block)) : Settled(limits, block);

    /// <inheritdoc cref="Settled(in LimitSet, Block?, bool)"/>
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
        // All repeats hold the same permit, so that any of them can be undone.
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
        // A repeated request was tried the first time.
        if (answer.IsRemembered)
            return await RememberedAsync(limits, answer, record, cancellation).ConfigureAwait(false);
        if (operation == BucketOperation.Take)
            return Tried(limits, Decision.From(limits, answer));
        TryCharge(limits.Facts, holder: null, answer);
        return Decision.From(limits, answer);
    }

    /// <summary>What nothing limits here may have spent something of the candidate's.</summary>
    private Decision ChargedWithoutStore(in LimitSet limits)
    {
        if (trial?.Candidate is { } candidate)
            trial.Charge(candidate, limits.Facts, holder: null);
        return Decision.Unasked(limits, store.Source);
    }

    /// <summary>The names of the limits that apply, in the plan's order.</summary>
    internal static IEnumerable<string> NamesOf(LimitSet limits) => limits.Plan.Limits.Where((_, i) => (limits.Applying >> i & 1) != 0).Select(limit => limit.Name);

    private static string[] NamesIn(byte[] text) => Encoding.UTF8.GetString(text).Split('\n');

    /// <summary>A decision that was made before, told by the names of its limits: those of now may be others.</summary>
    private async ValueTask<Decision> RememberedAsync(LimitSet limits, BucketResult answer, RecordKey record, CancellationToken cancellation)
    {
        var kept = answer.Kept ?? (await store.RecallAsync(limits.Facts.Tenant, record.Id, cancellation).ConfigureAwait(false)).Kept;
        return kept is null ? Decision.From(limits, answer) : Decision.Remembered(limits, kept, NamesIn(kept.Text), answer.Source, answer.Degraded);
    }

    /// <summary>
    /// The attributes that settling a request needs: the dimensions of its limits, and those of a candidate's
    /// limits look at. Null when there are none.
    /// </summary>
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

    /// <summary>Has a candidate decide what has been decided.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal Decision Tried(in LimitSet limits, in Decision decision)
    {
        if (trial?.Candidate is { } candidate)
            trial.Take(candidate, limits.Facts, limits.Holder ?? NextHolder(), decision);
        return decision;
    }

    /// <summary>Has a candidate charged what has been charged.</summary>
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
