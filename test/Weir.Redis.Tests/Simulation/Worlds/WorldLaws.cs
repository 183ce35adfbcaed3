using System.Collections.Concurrent;
using Weir.Simulation;
using Weir.Simulation.Worlds;

namespace Weir.Redis.Tests.Simulation.Worlds;

/// <summary>
/// The laws over whole histories of several instances, from the breaker down to the script. A failure names the command that replays it.
/// </summary>
public sealed class WorldLaws
{
    private const string Replay = "dotnet test --project test/Weir.Redis.Tests -c Release -- --filter-class '*WorldLaws'";

    /// <summary>More by the environment: <c>WORLD_SEEDS=100000 dotnet test …</c>.</summary>
    private static readonly int Seeds = Number("WORLD_SEEDS") ?? 100;

    /// <summary>The first seed, so that a long run can be cut into parts.</summary>
    private static readonly int From = Number("WORLD_FROM") ?? 0;

    private static readonly int? Only = Number("WORLD_SEED");

    private static int? Number(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), out int number) ? number : null;

    /// <summary>Whoever asks for more seeds has the machine for it; else one core, since other tests run beside these.</summary>
    private static readonly int Lanes = Number("WORLD_SEEDS") is null ? 1 : Environment.ProcessorCount;

    private static async Task HoldAsync(Func<int, Mistake, string?> judge)
    {
        int next = Only ?? From, end = Only is { } only ? only + 1 : From + Seeds;
        var wrong = new ConcurrentBag<(int Seed, string Verdict)>();
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => OneThread.RunAsync(() =>
        {
            for (int seed = Interlocked.Increment(ref next) - 1; seed < end; seed = Interlocked.Increment(ref next) - 1)
            {
                if (judge(seed, Mistake.None) is { } verdict)
                    wrong.Add((seed, verdict));
            }

            return true;
        })));
        string report = string.Join('\n', wrong.OrderBy(judged => judged.Seed).Select(judged => $"{judged.Verdict}: WORLD_SEED={judged.Seed} {Replay}"));
        Assert.True(report.Length == 0, report);
    }

    private static string? Outages(int seed, Mistake mistake)
    {
        using var history = new OutageHistory(seed, mistake);
        return history.Run();
    }

    private static string? Cuts(int seed, Mistake mistake)
    {
        using var history = new CutHistory(seed, mistake);
        return history.Run();
    }

    private static string? Series(int seed, Mistake mistake)
    {
        using var history = new SeriesHistory(seed, mistake);
        return history.Run();
    }

    private static string? Calm(int seed, Mistake mistake)
    {
        using var history = new CalmHistory(seed, mistake);
        return history.Run();
    }

    private static string? Mixes(int seed, Mistake mistake)
    {
        using var history = new MixHistory(seed, mistake);
        return history.Run();
    }

    private static string? Split(int seed, bool keepsTaken)
    {
        using var history = new SplitHistory(seed, keepsTaken);
        return history.Run();
    }

    private static string? Shards(int seed, Mistake mistake)
    {
        using var history = new MixHistory(seed, mistake, nodes: 2 + (seed % 2));
        return history.Run();
    }

    public static TheoryData<int> All => [.. Enum.GetValues<Mistake>().Where(mistake => mistake != Mistake.None).Select(mistake => (int)mistake)];

    [Fact]
    public Task L1_L6_L7_through_outages_no_token_is_handed_out_twice_and_none_is_forgotten() => HoldAsync(Outages);

    [Fact]
    public Task L1_L6_L7_of_instances_that_are_cut_off_alone_each_hands_out_no_more_than_its_share() => HoldAsync(Cuts);

    [Fact]
    public Task L7_however_many_outages_follow_each_other_one_burst_more_is_admitted_at_most() => HoldAsync(Series);

    [Fact]
    public Task L1_L2_L13_in_calm_all_is_admitted_that_may_be_and_a_refusal_spends_nothing() => HoldAsync(Calm);

    [Fact]
    public Task L1_L2_L6_L7_L8_L12_whatever_callers_do_and_whatever_happens_the_bounds_hold() => HoldAsync(Mixes);

    [Fact]
    public Task L1_L6_L7_L8_a_shard_that_hangs_dies_or_is_cut_off_costs_the_buckets_of_others_nothing() =>
        HoldAsync(Shards);

    [Fact]
    public Task L1_L2_of_one_tenant_over_three_nodes_what_another_slot_refuses_is_given_back() => HoldAsync((seed, _) => Split(seed, keepsTaken: false));

    [Fact]
    public async Task A_store_that_gives_nothing_back_across_slots_is_found() =>
        Assert.True(await OneThread.RunAsync(() => Enumerable.Range(0, 20).Any(seed => Split(seed, keepsTaken: true) is not null)));

    /// <summary>Laws that find no mistake would say nothing.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public async Task Each_mistake_that_is_planted_is_found(int planted)
    {
        var mistake = (Mistake)planted;
        Func<int, Mistake, string?>[] histories = [Mixes, Outages, Calm, Cuts, Shards];
        Assert.True(await OneThread.RunAsync(() =>
            Enumerable.Range(0, 150).Any(seed => Array.Exists(histories, history => history(seed, mistake) is not null))));
    }

    [Theory]
    [InlineData(500, 1_000)]
    [InlineData(4_000, 2_000)]
    public Task L13_four_instances_that_want_unequally_much_get_all_there_is(long perSecond, long capacity) => OneThread.RunAsync(() =>
    {
        var quota = TokenQuota.Create(perSecond, TimeSpan.FromSeconds(1), capacity);
        using var world = new World(1, new Plan("p", [new Limit("l", Array.Empty<string>(), quota)], OnOutage.Local), 4);
        for (int i = 0; i < 4; i++)
            world.Load(world.Instances[i], 1e6 / (3.0 * perSecond * (1 << i) / 15), ["k"], 1, long.MaxValue);
        world.Run(TimeSpan.FromSeconds(6));
        double allowed = capacity + (6.0 * perSecond);
        Assert.Equal(0, world.Log.TokensOver(0, long.MaxValue));
        Assert.InRange(world.Log.Admitted, 0.99 * allowed, allowed + 1);
        return true;
    });
}
