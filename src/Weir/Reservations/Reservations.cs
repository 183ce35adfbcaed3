namespace Weir;

/// <summary>Reserves a cost now, and settles it later. An unsettled cost stays spent; its permits time out.</summary>
/// <param name="limiter">Resolves limits and blocks, and runs trials.</param>
/// <param name="store">Store of buckets and reservations.</param>
/// <param name="memory">Store of this instance, for reservations allowed in an outage.</param>
public sealed class Reservations(RateLimiter limiter, IBucketStore store, IBucketStore memory)
{
    /// <summary>Default time limit for a settlement: one minute.</summary>
    public static readonly TimeSpan DefaultLife = TimeSpan.FromMinutes(1);

    /// <summary>Maximum time limit for a settlement: one day.</summary>
    public static readonly TimeSpan MaxLife = TimeSpan.FromDays(1);

    /// <summary>Takes the cost if all enforced limits allow it.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="life">Time limit for the settlement, and permit timeout; 1 ms to <see cref="MaxLife"/>.</param>
    /// <param name="idempotencyKey">Key under which a repeat within ten minutes gets the same answer; or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A fact or the life is out of bounds.</exception>
    public async ValueTask<Reservation> ReserveAsync(RequestFacts facts, TimeSpan life, string? idempotencyKey = null)
    {
        if (life < TimeSpan.FromMilliseconds(1) || life > MaxLife)
            throw new ArgumentOutOfRangeException(nameof(life), $"a reservation can be settled for a millisecond to {MaxLife.TotalHours:0} hours; it was {life}");
        var limits = limiter.ResolveTake(facts, out var block);
        var number = idempotencyKey is null ? RecordKey.NewId() : limiter.Fingerprints.Of("reservation", idempotencyKey);
        limits = limits with { Holder = new PermitHolder(number, life) };
        var kept = new KeptReservation(
            facts.Key, facts.Cost, limiter.AttributesOf(limits), [.. RateLimiter.NamesOf(limits)],
            number.ToString("x32"), ReservationId.NewToken(), facts.Costs);
        var record = new RecordKey(number, limiter.Fingerprints.Of("reserve", facts))
        {
            IsBounded = true,
            Open = life,
            Text = kept.ToBytes(limiter.Privacy),
        };
        if (RateLimiter.IsRefused(limits, block))
        {
            return idempotencyKey is not null && (await store.RecallAsync(facts.Tenant, number).ConfigureAwait(false)).Kept is { } known
                ? Remembered(limits, known, record, store.Source)
                : new Reservation(null, limiter.Tried(limits, limiter.Settled(limits, block)));
        }

        var answer = await store.AskAsync(new BucketCommand(limits, BucketOperation.Take) { RecordKey = record }).ConfigureAwait(false);
        if (answer.Fault == StoreFault.Conflict)
            return new Reservation(null, Decision.Unlimited(limits, store.Source), Conflict: true);
        if (!answer.IsRemembered)
            return await MadeAsync(limits, answer, record, kept.Token).ConfigureAwait(false);
        return (answer.Kept ?? (await store.RecallAsync(facts.Tenant, number).ConfigureAwait(false)).Kept) is { } before
            ? Remembered(limits, before, record, answer.Source, answer.Degraded)
            : new Reservation(null, Decision.From(limits, answer), Conflict: true);
    }

    private Reservation Remembered(in LimitSet limits, IdempotencyRecord before, RecordKey record, DecisionSource source, bool degraded = false)
    {
        if (before.Fingerprint != record.Fingerprint || KeptReservation.FromBytes(before.Text, limiter.Privacy) is not { } kept)
            return new Reservation(null, Decision.Unlimited(limits, source), Conflict: true);
        var id = new ReservationId(HomeOf(source), record.Id, kept.Token, limits.Facts.Tenant);
        return new Reservation(id.ToString(), Decision.Remembered(limits, before, kept.Limits, source, degraded));
    }

    // Returns the reservation for a store's answer. In an outage, stores an allowed reservation in this instance.
    private async ValueTask<Reservation> MadeAsync(LimitSet limits, BucketResult answer, RecordKey record, string token)
    {
        bool isUnlimited = limits.IsEmpty && answer.Fault != StoreFault.AnswersFull;
        var decision = limiter.Tried(
            limits, isUnlimited ? Decision.Unasked(limits, store.Source) : Decision.From(limits, answer));
        var home = HomeOf(answer.Source);
        if (decision.Allowed && answer.Fault != StoreFault.None)
        {
            home = ReservationHome.Memory;
            answer = await memory.AskAsync(new BucketCommand(limits with { Applying = 0 }, BucketOperation.Take) { RecordKey = record }).ConfigureAwait(false);
        }

        return new Reservation(decision.Allowed && answer.Fault == StoreFault.None ? new ReservationId(home, record.Id, token, limits.Facts.Tenant).ToString() : null, decision);
    }

    /// <summary>Settles a reservation by its true cost: refunds the difference or charges it, even into debt.</summary>
    /// <param name="id">Id of the reservation.</param>
    /// <param name="cost">True cost in requests, 0 to <see cref="Bounds.MaxCost"/>; null for the reserved cost.</param>
    /// <param name="tenant">Tenant that must own the reservation; null for any tenant.</param>
    /// <param name="costs">True costs in other units; a missing unit keeps its reserved cost.</param>
    public ValueTask<Settlement> CommitAsync(
        string id, long? cost, string? tenant = null, IReadOnlyDictionary<string, long>? costs = null) =>
        SettleAsync(id, "commit", tenant, kept => new TrueCost(kept, cost ?? kept.Cost, costs));

    /// <summary>Refunds a whole reservation. <paramref name="tenant"/> must own it; null for any tenant.</summary>
    public ValueTask<Settlement> CancelAsync(string id, string? tenant = null) =>
        SettleAsync(id, "cancel", tenant, TrueCost.NothingOf);

    private async ValueTask<Settlement> SettleAsync(
        string text, string what, string? tenant, Func<KeptReservation, TrueCost> costOf)
    {
        if (!ReservationId.TryParse(text, out var id) || (tenant is not null && tenant != id.Tenant))
            return new Settlement(SettlementOutcome.Unknown);
        var (answer, fault) = await store.RecallAsync(id.Tenant, id.Number).ConfigureAwait(false);
        if (fault != StoreFault.None)
            return new Settlement(SettlementOutcome.Unavailable);
        return answer is not null && KeptReservation.FromBytes(answer.Text, limiter.Privacy) is { } kept && id.HasToken(kept.Token)
            ? await SettleAsync(id, kept, answer, costOf(kept), what).ConfigureAwait(false)
            : new Settlement(SettlementOutcome.Unknown);
    }

    private async ValueTask<Settlement> SettleAsync(
        ReservationId id, KeptReservation kept, IdempotencyRecord before, TrueCost cost, string what)
    {
        var limits = ChargedLimits(id, kept, before, cost, out long[] onlyEnds);
        var command = new BucketCommand(limits, BucketOperation.Charge)
        {
            OnlyEnds = onlyEnds,
            RecordKey = new RecordKey(id.Number, cost.Fingerprint(limiter.Fingerprints, what))
            {
                Settles = true,
                IsBounded = true,
                Text = before.Text,
            },
        };
        var answer = await store.AskAsync(command).ConfigureAwait(false);
        limiter.TryCharge(limits.Facts, limits.Holder, answer);
        return answer.Fault switch
        {
            StoreFault.None => new Settlement(SettlementOutcome.Settled, Decision.From(limits, answer)),
            StoreFault.Gone => new Settlement(SettlementOutcome.Unknown),
            StoreFault.Conflict => new Settlement(SettlementOutcome.Conflict),
            _ => new Settlement(SettlementOutcome.Unavailable),
        };
    }

    // Returns the reserved limits that spent the cost and that the tenant's plan still has. Others get no refund.
    private LimitSet ChargedLimits(
        ReservationId id, KeptReservation kept, IdempotencyRecord before, TrueCost cost, out long[] onlyEnds)
    {
        var reserved = new RequestFacts(id.Tenant, kept.Key, kept.Cost, kept.Attributes, kept.Costs);
        var set = limiter.Policies.Resolve(cost.Beyond(reserved));
        var ends = new List<long>();
        uint charged = 0;
        for (int i = 0; i < set.Plan.Limits.Length; i++)
        {
            var limit = set.Plan.Limits[i];
            int line = Array.IndexOf(kept.Limits, limit.Name);
            if (line < 0 || line >= before.Lines.Count || before.Lines[line].Outcome != BucketOutcome.Allowed || !limit.HasBucketFor(set.Facts))
                continue;
            charged |= 1u << i;
            ends.Add(limit.Quota is WindowQuota ? before.Lines[line].State.At : 0);
        }

        onlyEnds = [.. ends];
        return set with { Applying = charged, Lacking = 0, Holder = new PermitHolder(UInt128.Parse(kept.Holder, System.Globalization.NumberStyles.AllowHexSpecifier, null)) };
    }

    private static ReservationHome HomeOf(DecisionSource source) => source == DecisionSource.Redis ? ReservationHome.Redis : ReservationHome.Memory;
}
