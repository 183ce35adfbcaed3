using System.Globalization;
using System.Text;

namespace Weir;

/// <summary>Words of a document in an error message: how they are shown, and which known word was meant.</summary>
internal static class Spelling
{
    private const int MaxShown = 64;
    private const int MaxCompared = 64;

    /// <summary>The text in double quotes, cut to a readable length, with what cannot be seen escaped.</summary>
    public static string Quote(string text)
    {
        string shown = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        return $"\"{Visible(shown, MaxShown)}\"";
    }

    /// <summary>The text with what cannot be seen escaped, cut to so many characters.</summary>
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

    /// <summary>The known word that was probably meant, or null when none is near.</summary>
    /// <remarks>Only the first <see cref="MaxCompared"/> words are tried: a guess is not worth more.</remarks>
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

    /// <summary>The question to ask about a word that is nearly known; empty when none is near.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known) =>
        Nearest(word, known) is { } nearest ? $": did you mean {nearest}?" : "";

    /// <summary>Letters to insert, drop, replace or swap with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            cost[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            cost[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replaced, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
