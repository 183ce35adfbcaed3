namespace Weir;

/// <summary>Unit of a window's length.</summary>
public enum WindowUnit
{
    /// <summary>A second.</summary>
    Second,

    /// <summary>A minute.</summary>
    Minute,

    /// <summary>An hour of the local clock. A clock change within an hour splits the hour into two windows.</summary>
    Hour,

    /// <summary>A calendar day of 23 to 25 hours.</summary>
    Day,

    /// <summary>A week, from Monday (ISO 8601) or another day.</summary>
    Week,

    /// <summary>A calendar month.</summary>
    Month,

    /// <summary>Three months, from January, April, July and October.</summary>
    Quarter,

    /// <summary>A calendar year.</summary>
    Year,
}
