using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

/// <summary>A tenant whose idempotency records and reservations take as many bytes as they may.</summary>
public sealed class StoredAnswersTests
{
    private const string Bound = "Weir:Limits:AnswerBytes=65536";

    private static Task<Answer> ReserveAsync(HttpCalls http, string tenant = "slow", string? key = null) =>
        http.PostAsync("/v1/reservations", $$"""{"key":"{{key ?? Fresh.Key()}}","tenant":"{{tenant}}"}""");

    /// <summary>Reserves until there is no room. Returns that answer, and the reservations.</summary>
    private static async Task<(Answer Full, List<string> Ids)> FillAsync(HttpCalls http, string tenant = "slow")
    {
        var ids = new List<string>();
        while (ids.Count < 1_000)
        {
            var answer = await ReserveAsync(http, tenant);
            if (answer.Status != 201)
                return (answer, ids);
            ids.Add(answer.Text("id"));
        }

        throw new InvalidOperationException("there is no bound");
    }

    private static void AssertFull(Answer answer)
    {
        answer.AssertProblem(429);
        Assert.Equal(
            ("urn:weir:problem:answers-full", "answers-full", false, "60"),
            (answer.Text("type"), answer.Text("outcome"), answer.Flag("allowed"), answer.Header("Retry-After")));
        const string Why = "idempotency records and reservations of tenant slow";
        Assert.Contains(Why, answer.Text("detail"), StringComparison.Ordinal);
        Assert.Empty(answer.Json.GetProperty("violated-policies").EnumerateArray());
        Assert.Null(answer.Header("RateLimit"));
    }

    private static async Task HoldsAsync(HttpCalls http)
    {
        var (full, ids) = await FillAsync(http);
        Assert.InRange(ids.Count, 40, 400);
        AssertFull(full);

        string key = Fresh.Key();
        AssertFull(await ReserveAsync(http, key: key));
        string body = $$"""{"key":"{{key}}","tenant":"slow"}""";
        foreach (string path in (string[])["/v1/take", "/v1/charge", "/v1/refund", "/limit/incr"])
            AssertFull(await http.PostOnceAsync(path, body, Fresh.Key()));
        Assert.Equal(10, await http.RemainingAsync(key, "slow"));

        Assert.Equal(200, (await http.PostOnceAsync("/v1/take", body, null)).Status);
        Assert.Equal(201, (await ReserveAsync(http, "sloth")).Status);
        Assert.Equal(200, (await http.PostAsync($"/v1/reservations/{ids[0]}/commit", """{"cost":0}""")).Status);
        Assert.Equal(204, (await http.SendAsync(HttpMethod.Delete, $"/v1/reservations/{ids[1]}", null)).Status);
    }

    [Fact]
    public async Task L9_L10_in_memory_it_is_told_so_and_others_are_not_affected()
    {
        await using var weir = await ServerInMemory.StartAsync(Bound);
        await HoldsAsync(weir.Server.Http);
    }

    [Fact]
    public async Task L9_L10_on_Redis_it_is_told_so_and_others_are_not_affected()
    {
        await using var weir = await ServerOnRedis.StartAsync(Bound, AdminCalls.Setting);
        await HoldsAsync(weir.Http);

        Assert.False((await weir.Http.GetAsync("/readyz")).Flag("degraded"));
        string metrics = (await weir.Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/metrics")).Body;
        Assert.Contains("outcome=\"answers-full\"", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task L9_L10_in_an_outage_memory_has_the_same_bound()
    {
        await using var weir = await ServerOnRedis.StartAsync(Bound);
        await weir.BreakAsync();
        await HoldsAsync(weir.Http);
    }

    [Fact]
    public async Task L10_another_instance_counts_the_same_answers()
    {
        await using var weir = await ServerOnRedis.StartAsync(Bound);
        await using var other = await weir.StartAnotherAsync(Bound);
        var (_, ids) = await FillAsync(weir.Http);

        AssertFull(await ReserveAsync(other.Http));

        Assert.Equal(200, (await other.Http.PostAsync($"/v1/reservations/{ids[0]}/commit", """{"cost":1}""")).Status);
    }
}
