using System.Globalization;

namespace Weir.Server;

internal sealed record SettingKind(string Values, Func<string, (object? Value, string? Fault)> Parse)
{
    public static readonly SettingKind Flag = new("true or false", text =>
        bool.TryParse(text, out bool flag) ? (flag, null) : (null, "is neither true nor false; use true or false"));

    public static readonly SettingKind Fraction = new("0 to 1", text =>
        !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double share)
            ? (null, "is no number; use 0 (none) to 1 (all), such as 0.01")
        // This comparison also refuses NaN.
        : share is >= 0 and <= 1 ? (share, null)
        : (null, "is out of range; use 0 (none) to 1 (all), such as 0.01"));

    /// <summary>True if the setting accepts several values, also as a list: <c>NAME:0</c>, <c>NAME:1</c>.</summary>
    public bool IsList { get; private init; }

    public static SettingKind Text(string values) => new(values, text => (text, null));

    /// <summary>Kind for a list of sources of a fact. The first source that has a value is used.</summary>
    public static readonly SettingKind Sources =
        new("sources", text => FactSources.Parse(text)) { IsList = true };

    public static SettingKind List(string values) => Text(values) with { IsList = true };

    public static SettingKind Word(params string[] words)
    {
        string all = string.Join(", ", words);
        return new(all, text => words.Contains(text, StringComparer.Ordinal) ? (text, null)
            : (null, $"is unknown; use one of {all}"));
    }

    public static SettingKind Number(int least, int most)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");
        return new(range, text =>
            text.AsSpan().Trim().TrimStart('-') is var digits
                && (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
                    ? (null, $"is not a whole number; use {range}")
            : int.TryParse(text, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
                ? (number, null)
            : (null, $"is out of range; use {range}"));
    }
}
