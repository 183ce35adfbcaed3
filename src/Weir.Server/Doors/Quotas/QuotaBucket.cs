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
        var rule = AssignmentRule.Of(limiter.Policies.Resolve(facts), time.GetUtcNow());
        if (rule.Error is { } error)
        {
            onError(error);
            foreach (var client in clients)
                Abandon(client);
        }
        else if (limiter.BlockOf(facts) is not null)
            SendAll(clients, 0, AssignmentRule.MaxLifetime);
        else if (rule.Plan is null)
            SendAll(clients, null, AssignmentRule.MaxLifetime);
        else if (rule.Lifetime > TimeSpan.Zero)
            await AssignAsync(rule.Plan, rule, clients);
        else
            return AssignmentRule.MinLifetime;
        return rule.Lifetime / 2;
    }

    private async ValueTask AssignAsync(Plan plan, AssignmentRule rule, Subscription[] clients)
    {
        long began = time.GetTimestamp();
        if (await LeftAsync(plan) is not { } left)
            return;
        double[] wishes = WishesOf(clients, rule, left);
        long total = await TakeAsync(plan, Math.Min(left, (long)Math.Ceiling(wishes.Sum())));
        // Drop tokens that have expired, for example because the process was paused.
        if (time.GetElapsedTime(began) >= rule.Lifetime)
            return;
        long[] parts = DemandShares.Divide(total, wishes);
        for (int i = 0; i < clients.Length; i++)
            clients[i].Client.Assign(new Assignment(parts[i], rule.Lifetime, began));
    }

    private static double[] WishesOf(Subscription[] clients, AssignmentRule rule, long left)
    {
        double guess = rule.Refills ? Math.Max(1, rule.Capacity * GuessedPart) : 1;
        double[] wishes = [.. clients.Select(client => client.WishFor(rule.Lifetime / 2, guess))];
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

    private async ValueTask<long> TakeAsync(Plan plan, long wanted)
    {
        wanted = Math.Min(wanted, Bounds.MaxCost);
        // Another instance may take in between: the refusal says how much is left.
        for (int tries = 0; tries < 2 && wanted > 0; tries++)
        {
            var decision = await decider.DecideAsync(facts.At(wanted), plan, spend: true);
            if (decision.Allowed)
                return wanted;
            wanted = Math.Min(wanted - 1, LeftOf(decision) ?? 0);
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
