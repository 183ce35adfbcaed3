using System.Buffers;
using System.Globalization;

namespace Weir.Server;

/// <summary>How messages repeat a value: a value that may be a secret in the wrong place is not repeated.</summary>
internal static class ShownValue
{
    /// <summary>An admin key has as many characters at least.</summary>
    private const int ShortestSecret = ConfiguredKeys.MinAdminKey;

    private const int LongestNumber = 6;

    private const int LongestName = 40;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>A value, in quotes unless it is a number; "the value" for what may be a secret.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isGuarded">True where secrets are set: only a short number is repeated there.</param>
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

    /// <summary>A path, in quotes; "the path" for what does not look like one and may be a secret.</summary>
    public static string Path(string path) =>
        IsHarmless(path) && (path.Length < ShortestSecret || System.IO.Path.IsPathRooted(path) || path.Contains('.'))
            ? $"\"{path}\""
            : "the path";

    /// <summary>An address, in quotes; "an address" for what may hold a password, or is none at all.</summary>
    public static string Url(string url) =>
        IsHarmless(url) && (url.Length < ShortestSecret || url.Contains("://", StringComparison.Ordinal))
            ? $"\"{url}\""
            : "an address";

    /// <summary>The path of a section; only its first part if others are not names.</summary>
    public static string Section(string path) => path.Split(':').All(part => IsName(part)) ? path : path.Split(':')[0];

    /// <summary>Whether a part of a setting's name may be repeated.</summary>
    public static bool IsName(ReadOnlySpan<char> part) =>
        part.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(part[0])
            && !part.ContainsAnyExcept(NameCharacters);

    public static bool HasCredentials(string url) => url.Contains('@');

    /// <summary>Without a password, and without characters that change what a terminal shows.</summary>
    private static bool IsHarmless(string text) => !HasCredentials(text) && !text.Any(IsUnseen);

    private static bool IsUnseen(char character) =>
        char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
