using System.Collections.Immutable;

namespace Weir;

/// <summary>A condition: a dimension's value matches a pattern, in which <c>*</c> matches any text.</summary>
// Compares by character code. A request without the dimension does not match.
public sealed class Condition
{
    /// <summary>Creates a condition of at least one pattern.</summary>
    public Condition(string dimension, IEnumerable<string> patterns)
    {
        Dimension = dimension;
        Patterns = [.. patterns];
    }

    /// <summary><c>key</c>, or an attribute's name.</summary>
    public string Dimension { get; }

    /// <summary>Patterns, of which one must match.</summary>
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

    /// <summary>Greedy with one backtracking point, so time is bounded by the product of both lengths.</summary>
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
