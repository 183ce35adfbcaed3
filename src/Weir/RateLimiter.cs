using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Weir;

/// <summary>Decides requests: which limit applies, what its bucket says, in one call to the store.</summary>
/// <param name="policies">Who has which limits.</param>
/// <param name="store">Where the buckets live.</param>
public sealed class RateLimiter(PolicySet policies, IBucketStore store)
{
    private readonly ulong _process = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private long _holders;

    /// <summary>The policies that decide.</summary>
    public PolicySet Policies { get; } = policies;

    /// <summary>Spends the cost if every limit that applies allows it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A fact is out of its bounds (see <see cref="Bounds"/>).</exception>
    public ValueTask<Decision> TakeAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        Demand(facts, leastCost: 1);
        var limits = Policies.Resolve(facts);
        return limits.IsEmpty
            ? new(Decision.Unlimited(limits, store.Source))
            : Decide(limits, store.TakeAsync(WithHolder(limits), cancellation));
    }

    /// <summary>Says what <see cref="TakeAsync"/> would answer, and spends nothing. A cost of 0 asks how the bucket stands.</summary>
    /// <inheritdoc cref="TakeAsync" path="/exception"/>
    public ValueTask<Decision> CheckAsync(RequestFacts facts, CancellationToken cancellation = default)
    {
        Demand(facts, leastCost: 0);
        var limits = Policies.Resolve(facts);
        return limits.IsEmpty
            ? new(Decision.Unlimited(limits, store.Source))
            : Decide(limits, store.CheckAsync(limits, cancellation));
    }

    /// <summary>Who takes without a reservation cannot give back, but must not be taken for another who does so, too.</summary>
    private LimitSet WithHolder(in LimitSet limits) => limits.Plan.HasPlaces
        ? limits with { Holder = new UInt128(_process, (ulong)Interlocked.Increment(ref _holders)) }
        : limits;

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
