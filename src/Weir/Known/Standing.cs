namespace Weir;

/// <summary>What this instance knows of a request at one bucket.</summary>
internal enum Standing
{
    /// <summary>The primary must be asked.</summary>
    Unknown,

    /// <summary>Tokens that were leased cover it.</summary>
    Covered,

    /// <summary>The bucket cannot have room for it yet, or it is not time to ask again.</summary>
    Refused,
}
