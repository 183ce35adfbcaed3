using System.Globalization;
using System.Runtime.CompilerServices;
using Weir.Scaling;
using Fleet = Weir.Scaling.Fleet;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["--out", var folder]:
        return Simulate(folder);
    case ["--redis", var endpoint]:
        await MeasureAsync(endpoint);
        return 0;
    default:
        Console.Error.WriteLine("--out FOLDER simulates, and writes a table and plots there; --redis HOST:PORT measures what calls cost that Redis, which it empties.");
        return 2;
}

static int Simulate(string folder)
{
    var report = new Report(RedisCosts.Measured);
    Console.WriteLine(Report.Head);
    long over = 0;
    Directory.CreateDirectory(folder);
    foreach (var scenarios in new[] { Runs.All(), Runs.Afar() })
    {
        foreach (var scenario in scenarios)
        {
            var outcome = Fleet.Run(scenario, RedisCosts.Measured);
            report.Add(scenario, outcome);
            over += outcome.Judged.UnitsOver;
            Console.WriteLine(report.RowOf(scenario, outcome));
        }
    }

    File.WriteAllText(Path.Combine(folder, "scaling.csv"), report.ToCsv());
    foreach (var (name, chart) in report.Charts())
        File.WriteAllText(Path.Combine(folder, name + ".svg"), chart.ToSvg());
    return over == 0 ? 0 : 1;
}

static async Task MeasureAsync(string endpoint)
{
    Console.WriteLine($"{Unsafe.SizeOf<KnownBucket>()} bytes a known bucket");
    await using var probe = await CostProbe.ConnectAsync(endpoint);
    foreach (int atOnce in new[] { 1, 8 })
    {
        foreach (int decisions in new[] { 1, 2, 4, 16, 64, 256 })
            Console.WriteLine($"{atOnce} calls under way, {decisions} decisions each: {await probe.CallUsAsync(decisions, atOnce):F1} us of Redis a call");
    }

    foreach (string bucket in await probe.BucketsAsync())
        Console.WriteLine(bucket);
    foreach (int instances in new[] { 1, 4, 16, 64, 256, 1_000 })
        Console.WriteLine($"{instances} instances: {await probe.HeartbeatUsAsync(instances):F1} us of Redis a heartbeat");
}
