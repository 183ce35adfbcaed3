namespace Weir;

/// <summary>The length of a window.</summary>
public enum WindowUnit
{
    /// <summary>A second.</summary>
    Second,

    /// <summary>A minute.</summary>
    Minute,

    /// <summary>
    /// An hour of the clock; where the clock is changed within one, its two parts are windows of their own. Several
    /// hours begin at times of the clock.
    /// </summary>
    Hour,

    /// <summary>A day of the calendar, of 23 to 25 hours.</summary>
    Day,

    /// <summary>A week, from Monday (ISO 8601) or another day.</summary>
    Week,

    /// <summary>A month of the calendar.</summary>
    Month,

    /// <summary>Three months, from January, April, July and October.</summary>
    Quarter,

    /// <summary>A year of the calendar.</summary>
    Year,
}
