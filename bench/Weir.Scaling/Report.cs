using System.Globalization;
using System.Text;

namespace Weir.Scaling;

/// <summary>What was simulated, as a table and as plots.</summary>
/// <param name="costs">What calls cost Redis.</param>
internal sealed class Report(RedisCosts costs)
{
    private readonly List<(Scenario Scenario, Outcome Outcome)> _rows = [];

    public void Add(Scenario scenario, Outcome outcome) => _rows.Add((scenario, outcome));

    /// <summary>The table's first line.</summary>
    public static string Head => "keys,requests_per_s,instances,way_us,calls_per_s,formula_calls_per_s,calls_per_decision,decisions_per_call,without_redis,redis_cores,formula_redis_cores,admitted_of_ideal,units_over,remaining_off_mean,remaining_off_most,late";

    public string ToCsv()
    {
        var csv = new StringBuilder().AppendLine(Head);
        foreach (var (scenario, outcome) in _rows)
            csv.AppendLine(RowOf(scenario, outcome));
        return csv.ToString();
    }

    public string RowOf(Scenario scenario, Outcome outcome)
    {
        double seconds = Scenario.Measured.TotalSeconds, calls = Formula.CallsPerSecond(scenario, costs);
        double cores = ((calls * costs.CallUs) + (Formula.SentPerSecond(scenario, costs) * costs.DecisionUs)) / 1e6;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"\"{scenario.Name}\",{scenario.PerSecond},{scenario.Instances},{scenario.WayUs},{outcome.Calls / seconds:F0},{calls:F0},{outcome.CallsPerDecision:F4},{outcome.DecisionsPerCall:F2},{outcome.LocalShare:F4},{outcome.Cores(costs):F3},{cores:F3},{outcome.Judged.Ratio:F4},{outcome.Judged.UnitsOver},{outcome.Judged.Off.Mean:F1},{outcome.Judged.Off.Most},{outcome.Late}");
    }

    /// <summary>The plots, by the names of their files.</summary>
    public IEnumerable<(string Name, Chart Chart)> Charts()
    {
        var instances = new Axis("instances", [1, 4, 16, 64, 256, 1_000]);
        var load = new Axis("requests a second, all instances together", [1_000, 5_000, 20_000, 50_000, 200_000]);
        yield return ("calls-hot", new Chart("Script calls a decision, one hot key with plenty", instances, new Axis("script calls a decision", [0.0001, 0.001, 0.01, 0.1, 1]), ByInstances(Runs.Hot, row => row.CallsPerDecision)));
        yield return ("calls-uniform", new Chart("Decisions that share a call, a million keys alike", instances, new Axis("decisions a script call", [1, 4, 16, 64, 256]), ByInstances(Runs.Uniform, row => row.DecisionsPerCall)));
        yield return ("without-redis", new Chart("Decided without Redis, 4 instances", load, new Axis("part of all decisions", [0, 0.25, 0.5, 0.75, 1], IsLog: false), ByLoad(row => row.LocalShare)));
        yield return ("redis-cores", new Chart("What Redis works at 50,000 requests a second", instances, new Axis("cores of Redis", [0.001, 0.01, 0.1, 1]), ByFleet(row => row.Cores(costs))));
        yield return ("admitted", new Chart("Admitted of what one bucket would, 50,000 a second", instances, new Axis("part admitted", [0.95, 0.96, 0.97, 0.98, 0.99, 1], IsLog: false), ByFleet(row => row.Judged.Ratio)));
        yield return ("remaining", new Chart("How far off what remains is said to be, 50,000 a second", instances, new Axis("tokens, on average", [0, 2_000, 4_000, 6_000, 8_000], IsLog: false), ByFleet(row => row.Judged.Off.Mean)));
    }

    private List<Line> ByInstances(string name, Func<Outcome, double> of) =>
        Lines(row => row.Scenario.Name == name, row => $"{row.Scenario.PerSecond:#,0} a second", row => row.Scenario.Instances, of);

    private List<Line> ByLoad(Func<Outcome, double> of) => Lines(row => row.Scenario.Instances == Runs.Fleet, row => row.Scenario.Name, row => row.Scenario.PerSecond, of);

    private List<Line> ByFleet(Func<Outcome, double> of) => Lines(row => row.Scenario.PerSecond == Runs.Load, row => row.Scenario.Name, row => row.Scenario.Instances, of);

    private List<Line> Lines(Func<(Scenario Scenario, Outcome Outcome), bool> which, Func<(Scenario Scenario, Outcome Outcome), string> name, Func<(Scenario Scenario, Outcome Outcome), double> x, Func<Outcome, double> y) =>
        [.. _rows.Where(row => row.Scenario.WayUs == Runs.Near && row.Outcome.IsInTime).Where(which).GroupBy(name).Select(line => new Line(line.Key, [.. line.Select(row => (x(row), y(row.Outcome)))]))];
}
