using System.Globalization;
using Weir.Drill.Tests.Faults;

namespace Weir.Drill.Tests;

/// <summary>How a drill is run: the short form, unless the environment says otherwise.</summary>
internal static class DrillSettings
{
    /// <summary>Instances; 4 by default.</summary>
    public static int Instances => Number("DRILL_INSTANCES") ?? 4;

    /// <summary>Where the report is written: JSON to a name that ends so, else Markdown. Nowhere by default.</summary>
    public static string? ReportPath => Environment.GetEnvironmentVariable("DRILL_REPORT") is { Length: > 0 } path ? path : null;

    /// <summary>All faults in <c>DRILL_SECONDS</c>, or one outage of <c>DRILL_OUTAGE</c> seconds.</summary>
    public static Schedule Schedule =>
        Number("DRILL_OUTAGE") is { } outage ? Schedule.Outage(TimeSpan.FromSeconds(outage))
        : Number("DRILL_SECONDS") is { } seconds ? Schedule.Full(Instances, TimeSpan.FromSeconds(seconds))
        : Schedule.Short(Instances);

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, CultureInfo.InvariantCulture, out int number) && number > 0 ? number
        : throw new ArgumentException($"{name} is \"{text}\": write a whole number from 1");
}
