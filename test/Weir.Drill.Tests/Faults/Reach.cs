namespace Weir.Drill.Tests.Faults;

/// <summary>Who cannot see Redis.</summary>
internal enum Reach
{
    Nobody,
    One,
    All,
}
