using System.Collections.Immutable;

namespace Weir;

/// <summary>
/// A condition under which a limit applies: a dimension's value is like one of some patterns, in which <c>*</c> stands
/// for anything.
/// </summary>
/// <remarks>Compared by character code; a request that lacks the dimension does not match.</remarks>
public sealed class Condition
{
    /// <summary>Makes a condition.</summary>
    /// <param name="dimension"><c>key</c>, or an attribute's name.</param>
    /// <param name="patterns">Any of which will do; at least one.</param>
    public Condition(string dimension, IEnumerable<string> patterns)
    {
        Dimension = dimension;
        Patterns = [.. patterns];
    }

    /// <summary><c>key</c>, or an attribute's name.</summary>
    public string Dimension { get; }

    /// <summary>Any of which will do.</summary>
    public ImmutableArray<string> Patterns { get; }

    internal bool Holds(in RequestFacts facts)
    {
        if (facts.ValueOf(Dimension) is not { } value)
            return false;
        foreach (string pattern in Patterns)
        {
            if (IsLike(value, pattern))
                return true;
        }

        return false;
    }

    /// <summary>Greedy with one place to come back to, so time is bounded by the product of both lengths.</summary>
    private static bool IsLike(ReadOnlySpan<char> value, ReadOnlySpan<char> pattern)
    {
        int v = 0, p = 0, star = -1, resume = 0;
        while (v < value.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, resume) = (p++, v);
            else if (p < pattern.Length && pattern[p] == value[v])
                (p, v) = (p + 1, v + 1);
            else if (star >= 0)
                (p, v) = (star + 1, ++resume);
            else
                return false;
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
