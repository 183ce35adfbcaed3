using System.Globalization;

namespace Weir.Cli.Load;

/// <summary>Parses and formats durations up to a day: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>.</summary>
internal static class DurationSyntax
{
    public const string Cure = "Write a number with a unit: 500ms, 10s, 2m.";

    private static readonly (string Suffix, double Milliseconds)[] Units =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (suffix, milliseconds) in Units)
        {
            // The list has "ms" before "s", so that 500ms does not match seconds.
            if (!text.EndsWith(suffix, StringComparison.Ordinal))
                continue;
            if (!double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
                return false;
            // This comparison also fails for NaN.
            if (!(number * milliseconds <= TimeSpan.FromDays(1).TotalMilliseconds))
                return false;
            duration = TimeSpan.FromMilliseconds(number * milliseconds);
            return true;
        }

        return false;
    }

    public static string Write(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: 0 } => "0s",
        { TotalMilliseconds: < 1_000 } => Invariant(duration.TotalMilliseconds, "ms"),
        { TotalSeconds: < 120 } => Invariant(duration.TotalSeconds, "s"),
        _ => Invariant(duration.TotalMinutes, "m"),
    };

    private static string Invariant(double number, string unit) => number.ToString("0.###", CultureInfo.InvariantCulture) + unit;
}
