using System.Globalization;

namespace Weir;

/// <summary>Parses whole numbers: ASCII digits only, without sign, grouping or exponent.</summary>
internal static class WholeNumber
{
    /// <summary>Returns whether a text has only digits. The framework's parser also accepts trailing NULs.</summary>
    public static bool IsOne(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    public static bool TryParse(ReadOnlySpan<char> text, long most, out long number)
    {
        number = 0;
        return IsOne(text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= most;
    }
}
