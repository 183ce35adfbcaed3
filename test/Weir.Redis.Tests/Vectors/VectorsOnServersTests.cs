using Weir.Testing;

namespace Weir.Redis.Tests.Vectors;

public sealed class VectorsOnRedisTests(VectorsOnRedisTests.Server server)
    : VectorsOnServersTests(server), IClassFixture<VectorsOnRedisTests.Server>
{
    /// <summary>Without a redis-server, Garnet stands in.</summary>
    public static TheoryData<string> All { get; } = RedisServer.IsAvailable ? Vector.Where(_ => true) : VectorsOnGarnetTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public Task L8_the_script_answers_and_writes_what_the_vector_says(string name) => AssertAsync(name);

    public sealed class Server() : VectorServer(TestRedis.StartAsync);
}

public sealed class VectorsOnGarnetTests(VectorsOnGarnetTests.Server server)
    : VectorsOnServersTests(server), IClassFixture<VectorsOnGarnetTests.Server>
{
    /// <summary>GET says nothing of a list here: Garnet keeps strings and other types apart.</summary>
    public static TheoryData<string> All { get; } =
        Vector.Where(vector => !Array.Exists(vector.Limits, limit => limit.Before is { List: true }));

    [Theory]
    [MemberData(nameof(All))]
    public Task L8_the_script_answers_and_writes_what_the_vector_says(string name) => AssertAsync(name);

    public sealed class Server() : VectorServer(async () => await GarnetServer.StartAsync());
}

/// <summary>The scripts that ship, word for word, at the time that a vector says.</summary>
public abstract class VectorsOnServersTests(VectorServer server)
{
    protected Task AssertAsync(string name) => AssertAsync(server, name);

    /// <summary>Asserts that the script, edited as told, agrees with a vector.</summary>
    internal static async Task AssertAsync(VectorServer server, string name, Func<string, string>? edit = null)
    {
        var vector = Vector.Of(name);
        var run = await server.RunAsync(vector, edit);
        Assert.Equal(vector.Code, CodeOf(run.Result));
        for (int i = 0; i < vector.Limits.Length; i++)
        {
            var expected = vector.Limits[i].Expect!;
            if (expected.Outcome is not null)
                AssertLine(vector.Limits[i], expected, run.Result[i]);
            Assert.Equal(Describe(expected.After), await server.DescribeAsync(run.Keys[i], run.TtlsMs[i]));
        }

        if (vector.Record is { } record)
            Assert.Equal(Describe(record.After), await server.DescribeRecordAsync(run.RecordKey!, run.RecordTtlMs));
    }

    private static void AssertLine(VectorLimit limit, VectorExpectation expected, BucketLine line)
    {
        long unit = limit.ToQuota() is TokenQuota quota ? quota.Rate.UnitsPerToken : 1;
        Assert.Equal(
            (expected.ToOutcome(), expected.Spent, expected.At, expected.Leased * unit),
            (line.Outcome, line.State.Spent + line.Leased, line.State.At, line.Leased));
    }

    private static string CodeOf(in BucketResult result) => result switch
    {
        { IsStale: true } => "stale",
        { IsRemembered: true } => "remembered",
        { Fault: StoreFault.None } => "answered",
        _ => result.Fault.ToString().ToLowerInvariant(),
    };

    private static string Describe(VectorState? state)
    {
        if (state is null)
            return "nothing";
        if (state.Raw is not null)
            return VectorServer.Describe(Convert.FromHexString(state.Raw), null);
        if (state.Holders is null)
            return state.List ? "list" : VectorServer.Describe(VectorServer.BytesOf(state), state.TtlMs);
        return VectorServer.Describe(state.Permits.OrderBy(permit => permit.UntilUs), state.TtlMs);
    }

    private static string Describe(VectorKept? record) =>
        record is null ? "nothing" : Convert.ToHexString(record.ToBytes()) + VectorServer.Describe(record.TtlMs);
}
