namespace Weir.Server;

/// <summary>Unit of an Envoy limit, with the numbers of the protocol.</summary>
internal enum EnvoyUnit
{
    /// <summary>No unit.</summary>
    Unknown = 0,

    /// <summary>A second.</summary>
    Second = 1,

    /// <summary>A minute.</summary>
    Minute = 2,

    /// <summary>An hour.</summary>
    Hour = 3,

    /// <summary>A day of UTC.</summary>
    Day = 4,

    /// <summary>30 days.</summary>
    Month = 5,

    /// <summary>365 days.</summary>
    Year = 6,

    /// <summary>A week, from Thursday.</summary>
    Week = 7,
}
