namespace Weir;

internal enum Standing
{
    Unknown,

    Covered,

    Refused,
}
