namespace Weir.Drill.Tests.Load;

/// <summary>Draws requests as often as they are wanted.</summary>
internal sealed class Urn(IReadOnlyList<Demand> demands, Random random)
{
    private readonly int _all = demands.Sum(demand => demand.PerSecond);

    public (Demand Demand, long Cost) Draw()
    {
        int lot = random.Next(_all);
        foreach (var demand in demands)
        {
            lot -= demand.PerSecond;
            if (lot < 0)
                return (demand, demand.Costs[random.Next(demand.Costs.Length)]);
        }

        throw new InvalidOperationException("an urn without lots");
    }
}
