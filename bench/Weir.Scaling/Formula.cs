namespace Weir.Scaling;

/// <summary>What docs/scaling.md says that Redis is asked, to be held to what the simulation counts.</summary>
internal static class Formula
{
    private const double HorizonS = 0.020;
    /// <summary>How long a lease is used, from before it was asked for: a thirty-second less, since clocks do not run alike.</summary>
    private const double LifeS = HorizonS * 31 / 32;
    private const double PaceS = 0.005;
    private const int MostInCall = 256;

    /// <summary>Script calls a second, of all instances together.</summary>
    public static double CallsPerSecond(Scenario scenario, RedisCosts costs)
    {
        double sent = SentPerSecond(scenario, costs), calls = sent, most = (1e6 - (sent * costs.DecisionUs)) / costs.CallUs;
        // What gathers while a call is under way is the next one, which is the longer for it.
        for (int i = 0; i < 100; i++)
        {
            double trip = TripSeconds(calls, sent, scenario, costs), asks = Clumps(scenario, trip) / scenario.Instances;
            double next = Math.Max(sent / MostInCall, scenario.Instances / (trip + (Math.Exp(-asks * trip) / asks)));
            calls = (calls + Math.Clamp(next, 1, Math.Max(1, most))) / 2;
        }

        return calls;
    }

    /// <summary>There, its turn, its work, and back. Redis does one call at a time, and instances wait for one another.</summary>
    private static double TripSeconds(double calls, double sent, Scenario scenario, RedisCosts costs)
    {
        double workUs = costs.CallUs + (costs.DecisionUs * sent / calls), busy = Math.Min(0.999, 1e-6 * calls * workUs * (scenario.Instances - 1) / scenario.Instances);
        return 1e-6 * ((2 * scenario.WayUs) + workUs + (workUs * busy / (2 * (1 - busy))));
    }

    /// <summary>Decisions a second that travel to Redis.</summary>
    public static double SentPerSecond(Scenario scenario, RedisCosts costs)
    {
        double trip = (2e-6 * scenario.WayUs) + (1e-6 * (costs.CallUs + costs.DecisionUs));
        return scenario.Instances * Sum(scenario, rate => Cycle(scenario, rate, trip) is { } cycle ? Asks(scenario, rate, trip) / cycle : rate);
    }

    /// <summary>How often a second something leaves that nothing goes before: what is asked for together counts once or twice.</summary>
    private static double Clumps(Scenario scenario, double trip) => scenario.Instances * Sum(scenario, rate =>
        Cycle(scenario, rate, trip) is { } cycle ? (IsUsedUp(scenario, rate) ? 1 : 2 - Math.Exp(-rate * trip)) / cycle : rate);

    /// <summary>Requests that ask while one that leases is on its way, itself included; of a bucket that is used up, the others are told to come back.</summary>
    private static double Asks(Scenario scenario, double rate, double trip) => IsUsedUp(scenario, rate) ? 1 : 1 + (rate * trip);

    /// <summary>Seconds between two leases of a bucket at one instance; null where it is not busy.</summary>
    private static double? Cycle(Scenario scenario, double rate, double trip)
    {
        double demand = rate * HorizonS;
        if (demand < Demand.BusyFrom)
            return null;
        if (IsUsedUp(scenario, rate))
            return PaceS + (1 / rate);
        double leased = Math.Max(0, (demand * 3 / 4) - Math.Sqrt(demand) - 1);
        return trip + Math.Min(Math.Max(0, LifeS - trip), leased / rate) + (1 / rate);
    }

    private static bool IsUsedUp(Scenario scenario, double rate) =>
        rate * scenario.Instances * scenario.Quota.Rate.UnitsPerToken > scenario.Quota.Rate.UnitsPerTick * 1e6 / scenario.Quota.Rate.TickUs;

    /// <summary>The sum over all keys, each by how often a second one instance is asked for it.</summary>
    private static double Sum(Scenario scenario, Func<double, double> of)
    {
        double sum = 0;
        for (int key = 0; key < scenario.Spread.Count; key++)
            sum += of(scenario.PerSecond * scenario.Spread.PartOf(key) / scenario.Instances);
        return sum;
    }
}
