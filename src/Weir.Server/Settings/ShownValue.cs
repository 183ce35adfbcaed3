using System.Buffers;
using System.Globalization;

namespace Weir.Server;

/// <summary>Repeats values in messages, unless they may be secrets in the wrong place.</summary>
internal static class ShownValue
{
    /// <summary>The admin key is the shortest secret.</summary>
    private const int ShortestSecret = ConfiguredKeys.MinAdminKey;

    private const int LongestNumber = 6;

    private const int LongestName = 40;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>Hides a value that may be a secret. A guarded value is shown only if it is a short number.</summary>
    public static string Of(string value, bool isGuarded = false)
    {
        string text = value.Trim();
        var digits = text.AsSpan().TrimStart('-');
        bool isNumber = digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
        if (isNumber && (text.Length <= LongestNumber || (!isGuarded && text.Length < ShortestSecret)))
            return text;
        return isGuarded || value.Length >= ShortestSecret || value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? "the value" : $"\"{value}\"";
    }

    public static string Path(string path) =>
        IsHarmless(path) && (path.Length < ShortestSecret || System.IO.Path.IsPathRooted(path) || path.Contains('.'))
            ? $"\"{path}\""
            : "the path";

    /// <summary>Hides an address that may hold a password, or is none.</summary>
    public static string Url(string url) =>
        IsHarmless(url) && (url.Length < ShortestSecret || url.Contains("://", StringComparison.Ordinal))
            ? $"\"{url}\""
            : "an address";

    /// <summary>Hides all but the first part if others are not names.</summary>
    public static string Section(string path) => path.Split(':').All(part => IsName(part)) ? path : path.Split(':')[0];

    public static bool IsName(ReadOnlySpan<char> part) =>
        part.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(part[0])
            && !part.ContainsAnyExcept(NameCharacters);

    public static bool HasCredentials(string url) => url.Contains('@');

    /// <summary>True without a password, and without characters that change a terminal.</summary>
    private static bool IsHarmless(string text) => !HasCredentials(text) && !text.Any(IsUnseen);

    private static bool IsUnseen(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
