namespace Weir.Server;

/// <summary>Assigns tokens of one bucket to its clients, a round every half lifetime, by demand.</summary>
internal sealed class QuotaBucket(
    RequestFacts facts, Decider decider, RateLimiter limiter, TimeProvider time, Action<string> onError)
{
    /// <summary>Time without requests after which a client is abandoned. Its next request subscribes anew.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Part of a bucket's capacity that a client of unknown demand gets.</summary>
    private const double GuessedPart = 1 / 32d;

    /// <summary>Part of a bucket's capacity above which the refill would soon be lost.</summary>
    private const double NearlyFull = 0.75;

    private readonly Lock _lock = new();
    private readonly List<Subscription> _clients = [];

    /// <summary>Number of clients.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _clients.Count;
        }
    }

    public Subscription Subscribe(IAssignee client)
    {
        var subscription = new Subscription(client, this, time);
        lock (_lock)
            _clients.Add(subscription);
        return subscription;
    }

    public void Unsubscribe(Subscription subscription)
    {
        lock (_lock)
            _clients.Remove(subscription);
    }

    /// <summary>Assigns one round. Returns the time until the next.</summary>
    public async ValueTask<TimeSpan> AssignAsync()
    {
        var clients = Active();
        if (clients.Length == 0)
            return AssignmentRule.MaxLifetime / 2;
        // Taken before the clock is read, so that a pause in between makes tokens of a window expire.
        long began = time.GetTimestamp();
        var limits = limiter.Policies.Resolve(facts);
        var rule = AssignmentRule.Of(limits, time.GetUtcNow());
        if (limits.IsDenied || limiter.BlockOf(facts) is not null)
            SendAll(clients, 0, AssignmentRule.MaxLifetime);
        else if (rule.Error is { } error)
        {
            onError(error);
            foreach (var client in clients)
                Abandon(client);
        }
        else if (rule.Plan is null)
            SendAll(clients, null, AssignmentRule.MaxLifetime);
        else if (rule.Lifetime > TimeSpan.Zero)
            await AssignAsync(rule.Plan, rule, clients, began);
        else
            return AssignmentRule.MinLifetime;
        return rule.Lifetime / 2;
    }

    private async ValueTask AssignAsync(Plan plan, AssignmentRule rule, Subscription[] clients, long began)
    {
        if (await LeftAsync(plan) is not { } left)
            return;
        double[] wishes = WishesOf(clients, rule, left);
        if (await TakeAsync(plan, Math.Min(left, (long)Math.Ceiling(wishes.Sum()))) is not { } total)
            return;
        long[] parts = DemandShares.Divide(total, wishes);
        for (int i = 0; i < clients.Length; i++)
            Assign(clients[i], new Assignment(parts[i], rule.Lifetime, began));
    }

    // Drops tokens that are too old to be sent, for example because the process was paused.
    private void Assign(Subscription client, in Assignment assignment)
    {
        if (!assignment.IsTooOld(time))
            client.Client.Assign(assignment);
    }

    private static double[] WishesOf(Subscription[] clients, AssignmentRule rule, long left)
    {
        double guess = rule.Refills ? Math.Max(1, rule.Capacity * GuessedPart) : 1;
        double[] wishes = [.. clients.Select(client => client.WishFor(rule.Lifetime / 2, guess))];
        // A client without demand can admit one request while the bucket has room.
        for (int i = 0; rule.Refills && left > rule.Capacity / 2 && i < wishes.Length; i++)
            wishes[i] = Math.Max(1, wishes[i]);
        double spare = rule.Refills ? left - (rule.Capacity * NearlyFull) : 0;
        for (int i = 0; spare > 0 && i < wishes.Length; i++)
            wishes[i] += Math.Min(guess, spare / wishes.Length);
        return wishes;
    }

    /// <summary>Returns the requests that the bucket allows now; null if no store can decide.</summary>
    private async ValueTask<long?> LeftAsync(Plan plan)
    {
        var decision = await decider.DecideAsync(facts.At(0), plan, spend: false);
        return LeftOf(decision);
    }

    /// <summary>Takes as many tokens as wanted, or as are left. Returns null if no store can decide.</summary>
    private async ValueTask<long?> TakeAsync(Plan plan, long wanted)
    {
        wanted = Math.Min(wanted, Bounds.MaxCost);
        // Another instance may take in between: the refusal says how much is left.
        for (int tries = 0; tries < 2 && wanted > 0; tries++)
        {
            var decision = await decider.DecideAsync(facts.At(wanted), plan, spend: true);
            if (decision.Allowed)
                return wanted;
            if (LeftOf(decision) is not { } left)
                return null;
            wanted = Math.Min(wanted - 1, left);
        }

        return 0;
    }

    private long? LeftOf(in Decision decision) =>
        decision.Outcome == DecisionOutcome.Unavailable ? null
        : decision.Limit is { } limit ? limit.RequestsIn(decision.Remaining, facts.At(1))
        : decision.Remaining;

    private Subscription[] Active()
    {
        Subscription[] all;
        lock (_lock)
            all = [.. _clients];
        foreach (var unused in all.Where(client => client.Unused >= Patience))
            Abandon(unused);
        return [.. all.Where(client => client.Unused < Patience)];
    }

    private void Abandon(Subscription subscription)
    {
        Unsubscribe(subscription);
        subscription.Client.Abandon();
    }

    private void SendAll(Subscription[] clients, long? tokens, TimeSpan lifetime)
    {
        foreach (var client in clients)
            client.Client.Assign(new Assignment(tokens, lifetime, time.GetTimestamp()));
    }
}
