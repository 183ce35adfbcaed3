using System.Runtime.CompilerServices;

namespace Weir;

/// <summary>Decides requests: which limit applies, what its bucket says, in one call to the store.</summary>
/// <param name="policies">Who has which limits.</param>
/// <param name="store">Where the buckets live.</param>
public sealed class RateLimiter(PolicySet policies, IBucketStore store)
{
    /// <summary>The policies that decide.</summary>
    public PolicySet Policies { get; } = policies;

    /// <summary>Spends the cost if the request's limit allows it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A fact is out of its bounds (see <see cref="Bounds"/>).</exception>
    public ValueTask<Decision> TakeAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        Demand(facts, leastCost: 1);
        var limits = Policies.Resolve(facts);
        return limits.Limit is null
            ? new(Decision.Unlimited(limits, store.Source))
            : Decide(limits, store.TakeAsync(limits, cancellation));
    }

    /// <summary>Says what <see cref="TakeAsync"/> would answer, and spends nothing. A cost of 0 asks how the bucket stands.</summary>
    /// <inheritdoc cref="TakeAsync" path="/exception"/>
    public ValueTask<Decision> CheckAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        Demand(facts, leastCost: 0);
        var limits = Policies.Resolve(facts);
        return limits.Limit is null
            ? new(Decision.Unlimited(limits, store.Source))
            : Decide(limits, store.CheckAsync(limits, cancellation));
    }

    private static void Demand(in RequestFacts facts, long leastCost)
    {
        if (Bounds.Complaint(facts, leastCost) is { } complaint)
            throw new ArgumentOutOfRangeException(complaint.Field, complaint.Message);
    }

    private static ValueTask<Decision> Decide(in LimitSet limits, ValueTask<BucketAnswer> asked) =>
        asked.IsCompletedSuccessfully ? new(Decision.From(limits, asked.Result)) : Await(limits, asked);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Decision> Await(LimitSet limits, ValueTask<BucketAnswer> asked) =>
        Decision.From(limits, await asked.ConfigureAwait(false));
}
