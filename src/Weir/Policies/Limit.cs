using System.Collections.Immutable;

namespace Weir;

/// <summary>One rule of a plan: what it is keyed by and its quota.</summary>
public sealed class Limit
{
    /// <summary>The dimension every request has: its key.</summary>
    public const string KeyDimension = "key";

    /// <summary>Makes a limit.</summary>
    /// <param name="name">Its name within the plan; also its policy name in the <c>RateLimit</c> headers.</param>
    /// <param name="dimensions">What buckets are told apart by beside the tenant: <c>key</c>, or attribute names; may be empty.</param>
    /// <param name="quota">The numbers.</param>
    public Limit(string name, IReadOnlyList<string> dimensions, Quota quota)
    {
        Name = name;
        Dimensions = [.. dimensions];
        Quota = quota;
    }

    /// <summary>The limit's name within its plan.</summary>
    public string Name { get; }

    /// <summary>What buckets are told apart by, beside the tenant, in order.</summary>
    public ImmutableArray<string> Dimensions { get; }

    /// <summary>The numbers.</summary>
    public Quota Quota { get; }

    /// <summary>False when the request lacks a dimension of this limit, so that there is no bucket to ask.</summary>
    internal bool AppliesTo(in RequestFacts facts)
    {
        foreach (string dimension in Dimensions)
        {
            if (facts.ValueOf(dimension) is null)
                return false;
        }

        return true;
    }
}
