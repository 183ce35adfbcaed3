namespace Weir.Redis.Tests.Simulation.Worlds;

/// <summary>
/// The laws over whole histories of several instances, from the breaker down to the script. A failure names its seed: <c>WORLD_SEED=17</c> replays it alone.
/// </summary>
public sealed class WorldLaws
{
    /// <summary>More by the environment: <c>WORLD_SEEDS=100000 dotnet test …</c>.</summary>
    private static readonly int Seeds = Number("WORLD_SEEDS") ?? 100;

    private static readonly int? Only = Number("WORLD_SEED");

    private static int? Number(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), out int number) ? number : null;

    private static string? Judge(int seed, Mistake mistake = Mistake.None) => OneThread.Run(() =>
    {
        using var history = new OutageHistory(seed, mistake);
        return history.Run();
    });

    [Fact]
    public void L1_L6_L7_through_outages_no_token_is_handed_out_twice_and_none_is_forgotten()
    {
        var seeds = Only is { } only ? Enumerable.Range(only, 1) : Enumerable.Range(0, Seeds);
        var wrong = seeds.AsParallel().Select(seed => (Seed: seed, Verdict: Judge(seed))).Where(judged => judged.Verdict is not null).OrderBy(judged => judged.Seed).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Select(judged => $"WORLD_SEED={judged.Seed}: {judged.Verdict}")));
    }
}
