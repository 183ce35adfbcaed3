namespace Weir;

/// <summary>State of a request at one bucket, as this instance knows it.</summary>
internal enum Standing
{
    /// <summary>The primary must be asked.</summary>
    Unknown,

    /// <summary>Leased tokens cover the cost.</summary>
    Covered,

    /// <summary>The bucket has no room yet, or the pace forbids another command.</summary>
    Refused,
}
