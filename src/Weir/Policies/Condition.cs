using System.Collections.Immutable;

namespace Weir;

/// <summary>Condition on a request: a dimension's value matches a pattern, where <c>*</c> matches any text.</summary>
// Compares by character code. A request without the dimension does not meet the condition.
public sealed class Condition
{
    /// <summary>Creates a condition with at least one pattern.</summary>
    public Condition(string dimension, IEnumerable<string> patterns)
    {
        Dimension = dimension;
        Patterns = [.. patterns];
    }

    /// <summary>Name of the dimension: <c>key</c>, or an attribute's name.</summary>
    public string Dimension { get; }

    /// <summary>Patterns, of which at least one must match.</summary>
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

    // Matches greedily with one backtracking point, so the time is at most the product of both lengths.
    internal static bool IsLike(ReadOnlySpan<char> value, ReadOnlySpan<char> pattern)
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
