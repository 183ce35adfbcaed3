namespace Weir.Drill.Tests.Faults;

/// <summary>A fault that was, by the drill's clock.</summary>
/// <param name="Fault">What it was.</param>
/// <param name="BeginsUs">Before anything was done.</param>
/// <param name="StruckUs">When it was done.</param>
/// <param name="HealsUs">Before it was undone.</param>
/// <param name="RecoveredUs">When every instance had said that it decides by Redis again.</param>
internal sealed record Episode(Fault Fault, long BeginsUs, long StruckUs, long HealsUs, long RecoveredUs)
{
    /// <summary>How many instances of all it kept from Redis.</summary>
    public int CutOff(int instances) => Fault.Reach switch
    {
        Reach.Nobody => 0,
        Reach.One => 1,
        _ => instances,
    };

    /// <summary>Whether it kept an instance from Redis.</summary>
    public bool KeepsFromRedis(int instance) => Fault.Reach == Reach.All || (Fault.Reach == Reach.One && Fault.Instance == instance);
}
