namespace Weir.Redis;

/// <summary>What this instance knows by itself of a request at one bucket.</summary>
internal enum Standing
{
    /// <summary>Redis must be asked.</summary>
    Unknown,

    /// <summary>Tokens that were leased cover it.</summary>
    Covered,

    /// <summary>The bucket cannot have room for it yet, or it is not time to ask again.</summary>
    Refused,
}
