using Weir.Drill.Tests.Load;
using Weir.Testing;

namespace Weir.Drill.Tests.Laws;

/// <summary>A bucket, all requests that asked it, and all readings of it.</summary>
/// <param name="Name">Tenant, limit, and the key if that is what it is keyed by.</param>
/// <param name="Quota">Its numbers.</param>
/// <param name="Asked">The requests.</param>
/// <param name="Readings">The readings.</param>
internal sealed record Bucket(string Name, Quota Quota, IReadOnlyList<Logged> Asked, IReadOnlyList<Reading> Readings)
{
    /// <summary>The buckets that a drill asked.</summary>
    public static IReadOnlyList<Bucket> Of(DrillRecord drill)
    {
        var asked = drill.Log.ToLookup(one => one.Demand);
        var read = drill.Readings.ToLookup(one => (one.Demand, one.Limit));
        return [
            .. from demand in drill.Log.Select(one => one.Demand).Distinct()
               from limit in drill.Policies.PlanOf(demand.Tenant).Limits
               let name = limit.Dimensions.Length == 0 ? $"{demand.Tenant} {limit.Name}" : $"{demand.Tenant} {limit.Name} {demand.Key}"
               group (demand, limit) by name into bucket
               select new Bucket(
                   bucket.Key,
                   bucket.First().limit.Quota,
                   [.. bucket.SelectMany(part => asked[part.demand])],
                   [.. bucket.SelectMany(part => read[(part.demand, part.limit.Name)])]),
        ];
    }

    public static Span SpanOf(Logged one) => new(one.SentUs, one.AnsweredUs, one.Cost);

    public static Span SpanOf(Reading one) => new(one.SentUs, one.AnsweredUs, one.Remaining);
}
