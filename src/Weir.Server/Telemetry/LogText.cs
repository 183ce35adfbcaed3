using System.Buffers;
using System.Globalization;
using System.Text;

namespace Weir.Server;

/// <summary>Escapes invisible characters as <c>\uXXXX</c>, because they could forge or reorder log lines.</summary>
internal static class LogText
{
    private static readonly SearchValues<char> PlainAscii = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(character => (char)character)]);

    /// <summary>Characters that render blank, although their Unicode category is a visible one.</summary>
    private static readonly SearchValues<char> Blank = SearchValues.Create("\u034F\u115F\u1160\u17B4\u17B5\u180B\u180C\u180D\u180F\u2800\u3164\uFFA0");

    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(PlainAscii))
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var character in text.EnumerateRunes())
        {
            if (IsVisible(character))
                escaped.Append(character);
            else
                Append(escaped, character);
        }

        return escaped.ToString();
    }

    private static bool IsVisible(Rune character) => character.Value == ' ' || Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => false,
        _ => !IsVariationSelector(character) && !(character.IsBmp && Blank.Contains((char)character.Value)),
    };

    private static bool IsVariationSelector(Rune character) => character.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF);

    private static void Append(StringBuilder to, Rune character)
    {
        Span<char> units = stackalloc char[2];
        foreach (char unit in units[..character.EncodeToUtf16(units)])
            to.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
    }
}
