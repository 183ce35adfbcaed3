namespace Weir.Testing;

/// <summary>What an interval may hold beyond law L1 if it touches a time in which the law promises less, such as the beginning of an outage.</summary>
/// <param name="FromUs">Where that time begins.</param>
/// <param name="UntilUs">Where it ends; both are part of it.</param>
/// <param name="BurstUnits">Units that every interval that touches it may hold more.</param>
/// <param name="UnitsPerUs">Units more for each microsecond of it that lies in the interval.</param>
public readonly record struct Allowance(long FromUs, long UntilUs, long BurstUnits, long UnitsPerUs = 0)
{
    /// <summary>Units that refill beyond the rate from the beginning of time to <paramref name="atUs"/>.</summary>
    internal long RefilledBy(long atUs) => checked(UnitsPerUs * Math.Clamp(atUs - FromUs, 0, UntilUs - FromUs));
}
