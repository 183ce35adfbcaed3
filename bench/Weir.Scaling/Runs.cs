namespace Weir.Scaling;

/// <summary>All that is simulated.</summary>
internal static class Runs
{
    public static readonly int[] Fleets = [1, 2, 4, 8, 16, 64, 256, 1_000];
    public static readonly double[] Loads = [1_000, 5_000, 20_000, 50_000, 100_000, 200_000];

    /// <summary>Microseconds that a message is on its way within a zone.</summary>
    public const long Near = 150;

    private static readonly long[] Ways = [500, 1_000, 2_500, 5_000];

    /// <summary>The load at which the number of instances is varied.</summary>
    public const double Load = 50_000;

    /// <summary>The instances at which the load is varied.</summary>
    public const int Fleet = 4;

    public const string Hot = "hot";
    public const string UsedUp = "hot, used up";
    public const string Zipf = "zipf";
    public const string Uniform = "uniform";

    private static readonly Spread One = new(1, 0);
    private static readonly Spread Some = new(10_000, 1);
    private static readonly Spread Many = new(1_000_000, 0);

    /// <summary>As much as anybody wants: twice the largest load.</summary>
    private static readonly TokenQuota Plenty = TokenQuota.Create(400_000, TimeSpan.FromSeconds(1), 800_000);

    /// <summary>What a free key may take.</summary>
    private static readonly TokenQuota Five = TokenQuota.Create(5, TimeSpan.FromSeconds(1), 10);

    public static Scenario Of(string name, double perSecond, int instances) => name switch
    {
        Hot => new(name, One, Plenty, perSecond, instances),
        UsedUp => new(name, One, Quarter(perSecond), perSecond, instances),
        Zipf => new(name, Some, Five, perSecond, instances),
        _ => new(name, Many, Five, perSecond, instances),
    };

    /// <summary>From near to so far that a decision only just comes within the deadline.</summary>
    public static IEnumerable<Scenario> Afar() =>
        from name in new[] { Hot, Zipf }
        from way in Ways
        select Of(name, Load, Fleet) with { WayUs = way };

    /// <summary>The distributions at each load and each number of instances, and those in full of which there are plots against both.</summary>
    public static IEnumerable<Scenario> All() =>
        from name in new[] { Hot, UsedUp, Zipf, Uniform }
        from load in Loads
        from instances in Fleets
        where load == Load || instances == Fleet || name is Hot or Uniform
        select Of(name, load, instances);

    /// <summary>A quarter of what is wanted; the burst is used before anything is counted.</summary>
    private static TokenQuota Quarter(double perSecond) => TokenQuota.Create((long)perSecond / 4, TimeSpan.FromSeconds(1), Math.Max(10, (long)perSecond / 40));
}
