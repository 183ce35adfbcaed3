using System.Globalization;
using System.Text;

namespace Weir;

/// <summary>Formats words of a document for messages, and suggests corrections for misspelled words.</summary>
internal static class Spelling
{
    private const int MaxShown = 64;
    private const int MaxCompared = 64;

    /// <summary>Returns a text in quotes, cut to a readable length, with invisible characters escaped.</summary>
    public static string Quote(string text)
    {
        string shown = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{Visible(shown, MaxShown)}\"";
    }

    public static string Visible(string text, int most)
    {
        var visible = new StringBuilder();
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, most)).EnumerateRunes())
        {
            if (IsUnseen(rune))
                visible.Append($"\\u{rune.Value:X4}");
            else
                visible.Append(rune);
        }

        return visible.Append(text.Length > most ? "…" : "").ToString();
    }

    private static bool IsUnseen(Rune rune) =>
        Rune.IsControl(rune)
        || (Rune.IsWhiteSpace(rune) && rune.Value != ' ')
        || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format;

    /// <summary>Returns the most similar of the first MaxCompared known words; null for none or a long word.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length > Bounds.MaxNameLength)
            return null;
        string? nearest = null;
        int least = Math.Clamp(word.Length / 3, 1, 3) + 1;
        foreach (string candidate in known.Take(MaxCompared))
        {
            if (Math.Abs(candidate.Length - word.Length) >= least)
                continue;
            int distance = Distance(word.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < least)
                (nearest, least) = (candidate, distance);
        }

        return nearest;
    }

    public static string DidYouMean(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $": did you mean {nearest}?" : "";

    // Returns the number of edits between two words: insertions, deletions, replacements and swaps of neighbors.
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        int width = b.Length + 1;
        Span<int> cost = stackalloc int[(a.Length + 1) * width];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
                cost[(i * width) + j] = i == 0 ? j : j == 0 ? i : Step(a, b, i, j, cost);
        }

        return cost[^1];
    }

    private static int Step(ReadOnlySpan<char> a, ReadOnlySpan<char> b, int i, int j, ReadOnlySpan<int> cost)
    {
        int width = b.Length + 1, at = (i * width) + j;
        int least = Math.Min(cost[at - width], cost[at - 1]) + 1;
        least = Math.Min(least, cost[at - width - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
        bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(least, cost[at - (2 * width) - 2] + 1) : least;
    }
}
