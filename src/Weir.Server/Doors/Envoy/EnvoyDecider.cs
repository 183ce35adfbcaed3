namespace Weir.Server;

/// <summary>Decides a request's counters: all or nothing, or each by itself.</summary>
internal sealed class EnvoyDecider(RateLimiter limiter, Decider decider)
{
    /// <summary>Spends from all counters or from none. Checks a counter without hits for one hit.</summary>
    public async ValueTask<EnvoyResult> TogetherAsync(EnvoyRequest request)
    {
        var checks = request.Counters.FindAll(counter => counter.IsCheck);
        var takes = request.Counters.FindAll(counter => !counter.IsCheck);
        if (checks.Count == 0)
            return await TakeAsync(request, takes, HasQuotaPassed(request, []));
        var asked = await DecideAsync(request, checks, IsLenient, spend: false);
        if (takes.Count == 0 || asked.IsUnavailable)
            return asked with { IsAllowed = asked.IsAllowed && IsQuotaLeft(request, checks) };
        if (asked.IsAllowed && IsQuotaLeft(request, checks, takes))
            return await TakeAsync(request, takes, HasQuotaPassed(request, checks));
        return await DecideAsync(request, takes, IsLenient, spend: false) with { IsAllowed = false };
    }

    /// <summary>Spends from each counter that has room, and uses up each counter without room for all hits.</summary>
    public async ValueTask<EnvoyResult> EachAsync(EnvoyRequest request)
    {
        var deciding = request.Counters.ConvertAll(counter => EachAsync(request, counter).AsTask());
        var results = await Task.WhenAll(deciding);
        bool isRefused = request.Counters.Exists(counter => !IsLenient(counter) && !counter.Line.Allowed);
        return new EnvoyResult(
            !isRefused && IsQuotaLeft(request, request.Counters),
            results.Any(result => result.IsDegraded),
            results.Any(result => result.IsUnavailable));
    }

    private async ValueTask<EnvoyResult> EachAsync(EnvoyRequest request, EnvoyCounter counter)
    {
        List<EnvoyCounter> alone = [counter];
        var result = await DecideAsync(request, alone, one => one.IsShadow, !counter.IsCheck, leastHits: 0);
        if (counter.Hits == 0 || counter.Line.Allowed || counter.Line.Remaining == 0 || result.IsUnavailable)
            return result;
        // The reference implementation also counts what it refuses.
        var line = counter.Line;
        var facts = EnvoyPlan.Facts(request.Tenant, alone, one => one.Hits, out bool hasCosts);
        var plan = EnvoyPlan.Of(alone, _ => false, hasCosts, OnOutageOf(request));
        await limiter.ChargeAsync(facts, plan);
        counter.Line = line with { Remaining = 0 };
        return result;
    }

    // Enforces only one quota counter, because a plan cannot say that one of several limits suffices. If this counter
    // refuses, tries again with another one that has room.
    private async ValueTask<EnvoyResult> TakeAsync(EnvoyRequest request, List<EnvoyCounter> takes, bool hasQuotaPassed)
    {
        var enforced = hasQuotaPassed ? null : takes.Find(IsQuota);
        for (int tries = takes.Count; ; tries--)
        {
            var result = await DecideAsync(
                request, takes, counter => IsLenient(counter) && counter != enforced, spend: true);
            if (result.IsAllowed || result.IsUnavailable || enforced is null || tries == 1
                || takes.Exists(counter => !IsLenient(counter) && !counter.Line.Allowed)
                || takes.Find(counter => IsQuota(counter) && counter.Line.Allowed) is not { } other)
                return result;
            enforced = other;
        }
    }

    private async ValueTask<EnvoyResult> DecideAsync(
        EnvoyRequest request, List<EnvoyCounter> counters, Func<EnvoyCounter, bool> isShadow, bool spend,
        long leastHits = 1)
    {
        var facts = EnvoyPlan.Facts(
            request.Tenant, counters, counter => Math.Max(leastHits, counter.Hits), out bool hasCosts);
        var plan = EnvoyPlan.Of(counters, isShadow, hasCosts, OnOutageOf(request));
        var turn = decider.BeginTurn();
        if (decider.Begin(facts, plan, spend, ref turn, out var decision) is { } pending)
        {
            await pending.Arrival;
            decision = decider.End(pending, spend, turn.Began, isByOwnPlan: true);
        }

        return Read(decision, counters);
    }

    private static EnvoyResult Read(in Decision decision, List<EnvoyCounter> counters)
    {
        var lines = decision.Limits();
        for (int i = 0; i < counters.Count; i++)
            counters[i].Line = lines.Count == counters.Count ? lines[i] : LineWithoutStore(decision, i);
        return new EnvoyResult(decision.Allowed, decision.Degraded, decision.Outcome == DecisionOutcome.Unavailable);
    }

    /// <summary>Returns the line of a counter for a decision without lines: after a block or in an outage.</summary>
    private static LimitDecision LineWithoutStore(in Decision decision, int index)
    {
        var limit = decision.Plan.Limits[index];
        var wait = decision.RetryAfter;
        return new LimitDecision(
            limit, decision.Outcome, decision.Allowed ? limit.Quota.Capacity : 0, wait, wait ?? TimeSpan.Zero);
    }

    private OnOutage OnOutageOf(EnvoyRequest request) => limiter.Policies.PlanOf(request.Tenant, out _).OnOutage;

    private static bool IsQuota(EnvoyCounter counter) => counter is { IsQuota: true, IsShadow: false };

    /// <summary>True for a counter that does not refuse by itself.</summary>
    private static bool IsLenient(EnvoyCounter counter) => counter.IsShadow || counter.IsQuota;

    /// <summary>True if the request has no quota rule, or if one of them allows it or is undecided.</summary>
    private static bool IsQuotaLeft(
        EnvoyRequest request, List<EnvoyCounter> decided, List<EnvoyCounter>? undecided = null) =>
        !request.Counters.Exists(IsQuota) || HasQuotaPassed(request, decided) || undecided?.Exists(IsQuota) == true;

    private static bool HasQuotaPassed(EnvoyRequest request, List<EnvoyCounter> decided) =>
        decided.Exists(counter => IsQuota(counter) && counter.Line.Allowed)
        || Array.Exists(request.Parts, part => part is { IsQuota: true, IsShadow: true, Limit: not null });
}
