using Weir.Simulation.Worlds;
using Weir.Testing;

namespace Weir.Redis.Tests.Simulation;

/// <summary>The account of stored answers as time passes, over the script that ships and in virtual time.</summary>
public sealed class StoredAnswersOverTimeTests : IDisposable
{
    private const long Bound = 200_000;

    private static readonly Plan Wide =
        Some.PlanOf(Some.LimitOf(TokenQuota.Create(100, TimeSpan.FromSeconds(1), 20_000)));

    private readonly World _world = new(1, Wide, instances: 1, sizes: new WorldSizes { AnswerBytes = Bound });
    private int _taken;

    public void Dispose() => _world.Dispose();

    private StoredAnswers Answers => StoredAnswers.In(_world.Redis, WorldTenant.Only);

    private void Pass(TimeSpan time) => _world.Run(time);

    /// <summary>Takes under new idempotency keys. Returns how many found room for their answer.</summary>
    private int Take(int count, TimeSpan open = default)
    {
        var instance = _world.Instances[0];
        var limits = Wide.Resolve(new RequestFacts(WorldTenant.Only, "k")) with { TenantIsListed = true };
        var asked = new List<ValueTask<BucketResult>>();
        for (int i = 0; i < count; i++)
        {
            var record = new RecordKey((UInt128)(++_taken), 1) { IsBounded = true, Open = open, Text = new byte[100] };
            asked.Add(instance.Redis.AskAsync(new BucketCommand(limits, BucketOperation.Take) { RecordKey = record }));
            if (i % 100 == 99)
                Pass(TimeSpan.FromMilliseconds(100));
        }

        Pass(TimeSpan.FromMilliseconds(100));
        return asked.Count(answer => answer is { IsCompletedSuccessfully: true, Result.Fault: StoreFault.None });
    }

    [Fact]
    public void L10_room_comes_back_when_answers_expire()
    {
        int kept = Take(2_000);
        Assert.InRange(kept, 200, 1_999);
        Assert.Equal(0, Take(10));
        Assert.InRange(Answers.Counted, Bound - 1_000, Bound);

        Pass(RecordKey.Memory + TimeSpan.FromSeconds(75));

        Assert.Equal(new StoredAnswers(0, 0), Answers);
        Assert.Equal(kept, Take(2_000));
    }

    [Fact]
    public void L10_over_hours_of_answers_of_all_lives_the_account_never_counts_less_than_there_is_nor_drifts()
    {
        var random = new Random(7);
        for (int step = 0; step < 200; step++)
        {
            Take(random.Next(4), random.Next(2) == 0 ? default : TimeSpan.FromSeconds(random.Next(1, 20_000)));
            Pass(TimeSpan.FromSeconds(random.Next(1, 300)));
            var answers = Answers;
            Assert.InRange(answers.Stored, 0, answers.Counted);
        }

        Pass(TimeSpan.FromSeconds(1.125 * 20_000));
        Assert.Equal(new StoredAnswers(0, 0), Answers);
        Assert.Null(_world.Redis.Get($"weir:{{{WorldTenant.Only}}}:~answers"));
    }

    [Fact]
    public void L10_a_wrong_count_is_over_when_the_records_are()
    {
        Take(50);
        // Somebody deletes records behind our back, and the account counts them on.
        foreach (string key in _world.Redis.Keys.Where(key => key.Contains("~memo:", StringComparison.Ordinal)))
            _world.Redis.Delete(key);
        Assert.True(Answers.Counted > 0);

        Pass(RecordKey.Memory + TimeSpan.FromSeconds(75));

        Assert.Equal(0, Answers.Counted);
        Assert.Equal(50, Take(50));
        Assert.Equal(Answers.Stored, Answers.Counted);
    }
}
