using System.Buffers;
using System.Globalization;

namespace Weir.Server;

/// <summary>Formats values for messages. Hides values that may be misplaced secrets.</summary>
internal static class ShownValue
{
    /// <summary>Minimum length of a text that may be a secret: the admin key has the shortest minimum.</summary>
    private const int ShortestSecret = ConfiguredKeys.MinAdminKey;

    private const int LongestNumber = 6;

    private const int LongestName = 40;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>Hides a value that may be a secret. Shows a guarded value only if it is a short number.</summary>
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

    /// <summary>Hides an address that may contain a password or that is not a URL.</summary>
    public static string Url(string url) =>
        IsHarmless(url) && (url.Length < ShortestSecret || url.Contains("://", StringComparison.Ordinal))
            ? $"\"{url}\""
            : "an address";

    /// <summary>Returns the path, or only its first part if another part is not a valid name.</summary>
    public static string Section(string path) => path.Split(':').All(part => IsName(part)) ? path : path.Split(':')[0];

    public static bool IsName(ReadOnlySpan<char> part) =>
        part.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(part[0])
            && !part.ContainsAnyExcept(NameCharacters);

    public static bool HasCredentials(string url) => url.Contains('@');

    /// <summary>True for a text without credentials and without invisible characters.</summary>
    private static bool IsHarmless(string text) => !HasCredentials(text) && !text.Any(IsUnseen);

    private static bool IsUnseen(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
