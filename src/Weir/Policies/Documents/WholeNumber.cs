using System.Globalization;

namespace Weir;

/// <summary>
/// Whole numbers of a policy document: ASCII digits and nothing else, no sign, no grouping, no exponent.
/// </summary>
internal static class WholeNumber
{
    /// <summary>True for digits. The framework's parser lets NULs follow them, hence a look of our own.</summary>
    public static bool IsOne(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>Reads a whole number from 0 to <paramref name="most"/>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, long most, out long number)
    {
        number = 0;
        return IsOne(text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= most;
    }
}
