using System.Text.Json;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

/// <summary>Costs by unit, the same in memory and on Redis: a plan of 60 requests, 1000 tokens, and 500 bytes of which each counts five times.</summary>
public abstract class UnitTests
{
    private const string New = "60 1000 500";

    internal abstract HttpCalls Http { get; }

    private static string Body(string key, string more) => $$"""{"key":"{{key}}"{{more}}}""";

    private Task<Answer> Post(string path, string key, string more) => Http.PostAsync(path, Body(key, more));

    private Task<Answer> Take(string key, string more) => Post("/v1/take", key, more);

    private async Task<string> Left(string key) => LeftIn((await Post("/v1/check", key, ",\"cost\":0")).Json);

    /// <summary>What is left of each limit, in the plan's order.</summary>
    private static string LeftIn(JsonElement decision) =>
        string.Join(' ', decision.GetProperty("limits").EnumerateArray().Select(limit => limit.GetProperty("remaining").GetInt64()));

    [Fact]
    public async Task A_take_spends_in_each_unit_what_it_costs_there()
    {
        string key = Fresh.Key();
        var taken = await Take(key, ",\"costs\":{\"tokens\":812,\"bytes\":20}");
        Assert.Equal(200, taken.Status);
        Assert.Equal("59 188 400", LeftIn(taken.Json));
        Assert.Equal("59 188 400", await Left(key));
        Assert.Equal(
            ["requests ", "tokens tokens", "bytes bytes"],
            taken.Json.GetProperty("limits").EnumerateArray().Select(limit => $"{limit.GetProperty("name")} {(limit.TryGetProperty("unit", out var unit) ? unit.GetString() : "")}"));
        Assert.False(taken.Json.TryGetProperty("unknownUnits", out _));
    }

    [Fact]
    public async Task The_policy_header_names_the_unit_of_a_limit_that_does_not_count_requests()
    {
        var taken = await Take(Fresh.Key(), ",\"costs\":{\"tokens\":812}");
        string policies = taken.Header("RateLimit-Policy")!;
        Assert.Equal(
            ["\"tokens\";q=1000;qu=\"tokens\";w=31622400", "\"requests\";q=60;w=31622400"],
            policies.Split(", ").Where(policy => !policy.StartsWith("\"bytes\"", StringComparison.Ordinal)));
        Assert.Contains("\"bytes\";q=500;qu=\"bytes\";w=", policies, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"tokens\":812}", "tokens")]
    [InlineData("{\"tokens\":100,\"bytes\":90}", "bytes")]
    [InlineData("{\"tokens\":3}", "requests")]
    [InlineData("{}", "requests")]
    public async Task The_governing_limit_is_the_one_that_fits_the_fewest_requests_like_this_one(string costs, string limit) =>
        Assert.Equal(limit, (await Take(Fresh.Key(), $",\"costs\":{costs}")).Text("limit"));

    [Theory]
    [InlineData("{\"tokens\":189}", "tokens")]
    [InlineData("{\"bytes\":81}", "bytes")]
    [InlineData("{\"tokens\":189,\"bytes\":81}", "bytes")]
    public async Task L2_what_one_unit_refuses_is_spent_in_none(string costs, string limit)
    {
        string key = Fresh.Key();
        await Take(key, ",\"costs\":{\"tokens\":812,\"bytes\":20}");
        var refused = await Take(key, $",\"costs\":{costs}");
        refused.AssertProblem(429);
        Assert.Equal(limit, refused.Text("limit"));
        Assert.Equal("59 188 400", await Left(key));
    }

    [Fact]
    public async Task A_cost_above_the_capacity_of_its_unit_never_fits()
    {
        string key = Fresh.Key();
        var refused = await Take(key, ",\"costs\":{\"bytes\":101}");
        refused.AssertProblem(429);
        Assert.False(refused.Json.TryGetProperty("retryAfterMs", out _));
        Assert.Equal(
            "the cost in bytes, times 5, is above the capacity of 500 of the limit bytes: it can never be allowed, so send a lower cost",
            refused.Text("detail"));
        Assert.Equal(New, await Left(key));
    }

    [Fact]
    public async Task A_unit_that_is_not_named_costs_0_which_only_a_debt_refuses()
    {
        string key = Fresh.Key();
        Assert.Equal("59 0 500", LeftIn((await Take(key, ",\"costs\":{\"tokens\":1000}")).Json));
        Assert.Equal("58 0 500", LeftIn((await Take(key, "")).Json));
        await Post("/v1/charge", key, ",\"cost\":0,\"costs\":{\"tokens\":2}");
        var refused = await Take(key, "");
        refused.AssertProblem(429);
        Assert.Equal("tokens", refused.Text("limit"));
        // A token comes back in 31,622.4 s, so two do in less than 63,245 s.
        Assert.InRange(refused.Number("retryAfterMs"), 31_622_400, 63_244_800);
        Assert.Contains("has 0 tokens left", refused.Text("detail"), StringComparison.Ordinal);
        await Post("/v1/refund", key, ",\"cost\":0,\"costs\":{\"tokens\":2}");
        Assert.Equal("57 0 500", LeftIn((await Take(key, "")).Json));
    }

    [Fact]
    public async Task A_request_may_cost_nothing_in_requests_beside_what_it_costs_elsewhere()
    {
        string key = Fresh.Key();
        Assert.Equal("60 999 500", LeftIn((await Take(key, ",\"cost\":0,\"costs\":{\"tokens\":1}")).Json));
        (await Take(key, ",\"cost\":0")).AssertProblem(400);
        (await Take(key, ",\"cost\":0,\"costs\":{}")).AssertProblem(400);
    }

    [Fact]
    public async Task A_check_asks_by_unit_and_spends_nothing()
    {
        string key = Fresh.Key();
        await Take(key, ",\"costs\":{\"tokens\":900}");
        Assert.True((await Post("/v1/check", key, ",\"costs\":{\"tokens\":100}")).Flag("allowed"));
        Assert.False((await Post("/v1/check", key, ",\"costs\":{\"tokens\":101}")).Flag("allowed"));
        Assert.True((await Http.GetAsync($"/limit/check?key={key}&cost.tokens=100&cost.bytes=100")).Flag("allowed"));
        Assert.False((await Http.GetAsync($"/limit/check?key={key}&cost.tokens=101")).Flag("allowed"));
        Assert.False((await Http.GetAsync($"/limit/check?key={key}&cost.bytes=101")).Flag("allowed"));
        Assert.Equal("59 100 500", await Left(key));
    }

    [Fact]
    public async Task A_batch_decides_each_request_by_its_units()
    {
        string key = Fresh.Key();
        string[] costs = ["{\"tokens\":600}", "{\"tokens\":600}", "{\"tokens\":400,\"bytes\":100}"];
        var batch = await Http.PostAsync("/v1/batch", $"{{\"requests\":[{string.Join(',', costs.Select(each => Body(key, $",\"costs\":{each}")))}]}}");
        Assert.Equal(
            ["True 59 400 500", "False 59 400 500", "True 58 0 0"],
            batch.Json.GetProperty("decisions").EnumerateArray().Select(decision => $"{decision.GetProperty("allowed").GetBoolean()} {LeftIn(decision)}"));
    }

    [Fact]
    public async Task The_seeds_paths_take_costs_and_keep_their_words()
    {
        string key = Fresh.Key();
        var taken = await Http.PostAsync("/limit/incr", Body(key, ",\"costs\":{\"tokens\":4}"), "seed");
        Assert.Equal(["allowed", "remaining", "resetAtMs", "source"], taken.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal((200, 6L, 0L), (taken.Status, taken.Number("remaining"), taken.Number("resetAtMs")));
        Assert.Equal(429, (await Http.PostAsync("/limit/incr", Body(key, ",\"costs\":{\"tokens\":7}"), "seed")).Status);
        Assert.Equal(6, (await Http.GetAsync($"/limit/check?tenant=seed&key={key}")).Number("remaining"));
    }

    [Fact]
    public async Task A_unit_that_no_limit_of_the_plan_counts_is_reported()
    {
        const string Costs = ",\"costs\":{\"tokens\":1,\"tokenz\":2,\"pages\":0}";
        string key = Fresh.Key();
        foreach (string path in (string[])["/v1/take", "/v1/check", "/v1/charge", "/v1/refund"])
            Assert.Equal(["tokenz", "pages"], UnknownIn((await Post(path, key, Costs)).Json));
        Assert.Equal(["tokenz", "pages"], UnknownIn((await Post("/v1/reservations", key, Costs)).Json.GetProperty("decision")));
        Assert.Equal(["tokenz", "pages"], UnknownIn((await Post("/v1/take", key, ",\"costs\":{\"tokens\":9999,\"tokenz\":2,\"pages\":0}")).Json));
        var batch = await Http.PostAsync("/v1/batch", $"{{\"requests\":[{Body(key, Costs)},{Body(key, "")}]}}");
        Assert.Equal(["tokenz", "pages"], UnknownIn(batch.Json.GetProperty("decisions")[0]));
        Assert.Empty(UnknownIn(batch.Json.GetProperty("decisions")[1]));
    }

    [Fact]
    public async Task A_unit_that_a_limit_counts_under_a_condition_is_known()
    {
        var elsewhere = await Http.PostAsync("/v1/take", Body(Fresh.Key(), ",\"costs\":{\"tokens\":11}"), "routed");
        Assert.Equal((200, 59L), (elsewhere.Status, elsewhere.Number("remaining")));
        Assert.Empty(UnknownIn(elsewhere.Json));
    }

    private static IEnumerable<string?> UnknownIn(JsonElement decision) =>
        decision.TryGetProperty("unknownUnits", out var units) ? units.EnumerateArray().Select(unit => unit.GetString()) : [];

    [Fact]
    public async Task A_charge_is_never_refused_and_may_leave_a_debt_in_each_unit()
    {
        string key = Fresh.Key();
        await Take(key, ",\"costs\":{\"tokens\":900}");
        var charged = await Post("/v1/charge", key, ",\"cost\":70,\"costs\":{\"tokens\":500,\"bytes\":10}");
        Assert.Equal((200, true), (charged.Status, charged.Flag("allowed")));
        Assert.Equal("0 0 450", LeftIn(charged.Json));
        (await Take(key, "")).AssertProblem(429);
        await Post("/v1/refund", key, ",\"cost\":12,\"costs\":{\"tokens\":401}");
        Assert.Equal("1 1 450", await Left(key));
    }

    [Theory]
    [InlineData("/v1/charge", "57 700 500")]
    [InlineData("/v1/refund", "59 900 500")]
    [InlineData("/v1/take", "57 700 500")]
    public async Task The_same_costs_under_an_idempotency_key_are_done_once_and_others_are_a_conflict(string path, string left)
    {
        string key = Fresh.Key(), once = Fresh.Key();
        await Take(key, ",\"cost\":2,\"costs\":{\"tokens\":200}");
        var first = await Http.PostOnceAsync(path, Body(key, ",\"costs\":{\"tokens\":100,\"other\":1}"), once);
        Assert.Equal((200, left), (first.Status, LeftIn(first.Json)));
        // The order of units says nothing.
        var again = await Http.PostOnceAsync(path, Body(key, ",\"costs\":{\"other\":1,\"tokens\":100}"), once);
        Assert.Equal((200, left), (again.Status, LeftIn(again.Json)));
        (await Http.PostOnceAsync(path, Body(key, ",\"costs\":{\"tokens\":101,\"other\":1}"), once)).AssertProblem(409);
        (await Http.PostOnceAsync(path, Body(key, ",\"costs\":{\"tokens\":100}"), once)).AssertProblem(409);
        (await Http.PostOnceAsync(path, Body(key, ",\"attributes\":{\"tokens\":\"100\",\"other\":\"1\"}"), once)).AssertProblem(409);
        Assert.Equal(left, await Left(key));
    }

    [Fact]
    public async Task A_refund_gives_back_by_unit_and_never_more_than_was_spent()
    {
        string key = Fresh.Key();
        await Take(key, ",\"cost\":5,\"costs\":{\"tokens\":100,\"bytes\":10}");
        Assert.Equal("56 970 475", LeftIn((await Post("/v1/refund", key, ",\"costs\":{\"tokens\":70,\"bytes\":5}")).Json));
        Assert.Equal(New, LeftIn((await Post("/v1/refund", key, ",\"cost\":9,\"costs\":{\"tokens\":99,\"bytes\":99}")).Json));
    }

    private Task<Answer> Reserve(string key, string more, string? once = null) => Http.PostOnceAsync("/v1/reservations", Body(key, more), once);

    private Task<Answer> Commit(string id, string body) => Http.PostAsync($"/v1/reservations/{id}/commit", body);

    [Theory]
    [InlineData("{\"costs\":{\"tokens\":300}}", "59 700 450")]
    [InlineData("{\"costs\":{\"tokens\":1290}}", "59 0 450")]
    [InlineData("{\"costs\":{\"tokens\":0,\"bytes\":0}}", "59 1000 500")]
    [InlineData("{\"cost\":0}", "60 200 450")]
    [InlineData("{\"cost\":3,\"costs\":{\"bytes\":20}}", "57 200 400")]
    [InlineData("{\"cost\":0,\"costs\":{\"tokens\":900,\"pages\":7}}", "60 100 450")]
    public async Task A_commit_settles_the_units_that_it_names_and_leaves_the_others_as_reserved(string body, string left)
    {
        string key = Fresh.Key();
        var reserved = await Reserve(key, ",\"costs\":{\"tokens\":800,\"bytes\":10}");
        Assert.Equal((201, "59 200 450"), (reserved.Status, LeftIn(reserved.Json.GetProperty("decision"))));
        for (int i = 0; i < 2; i++)
        {
            var committed = await Commit(reserved.Text("id"), body);
            Assert.Equal((200, left), (committed.Status, LeftIn(committed.Json)));
        }

        (await Commit(reserved.Text("id"), "{\"costs\":{\"tokens\":5}}")).AssertProblem(409);
        Assert.Equal(left, await Left(key));
    }

    [Fact]
    public async Task A_commit_above_what_was_reserved_leaves_a_debt_in_that_unit()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, ",\"costs\":{\"tokens\":800}")).Text("id");
        await Commit(id, "{\"costs\":{\"tokens\":1290}}");
        (await Take(key, "")).AssertProblem(429);
        await Post("/v1/refund", key, ",\"cost\":0,\"costs\":{\"tokens\":289}");
        (await Take(key, "")).AssertProblem(429);
        await Post("/v1/refund", key, ",\"cost\":0,\"costs\":{\"tokens\":1}");
        Assert.Equal(200, (await Take(key, "")).Status);
    }

    [Fact]
    public async Task The_same_truth_in_other_words_is_the_same_commit()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, ",\"costs\":{\"tokens\":800}")).Text("id");
        Assert.Equal(200, (await Commit(id, "{\"costs\":{\"tokens\":300}}")).Status);
        Assert.Equal(200, (await Commit(id, "{\"cost\":1,\"costs\":{\"tokens\":300}}")).Status);
        (await Commit(id, "{\"cost\":1}")).AssertProblem(409);
        (await Http.SendAsync(HttpMethod.Delete, $"/v1/reservations/{id}", null)).AssertProblem(409);
        Assert.Equal("59 700 500", await Left(key));
    }

    [Fact]
    public async Task A_canceled_reservation_gives_back_every_unit()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, ",\"cost\":2,\"costs\":{\"tokens\":800,\"bytes\":10}")).Text("id");
        for (int i = 0; i < 2; i++)
            Assert.Equal(204, (await Http.SendAsync(HttpMethod.Delete, $"/v1/reservations/{id}", null)).Status);
        Assert.Equal(New, await Left(key));
    }

    [Fact]
    public async Task A_reservation_under_an_idempotency_key_stands_for_its_costs()
    {
        string key = Fresh.Key(), once = Fresh.Key();
        string id = (await Reserve(key, ",\"costs\":{\"tokens\":800}", once)).Text("id");
        Assert.Equal(id, (await Reserve(key, ",\"costs\":{\"tokens\":800}", once)).Text("id"));
        (await Reserve(key, ",\"costs\":{\"tokens\":801}", once)).AssertProblem(409);
        Assert.Equal("59 200 500", await Left(key));
    }

    [Fact]
    public async Task An_explanation_says_what_each_limit_counts_and_asks_by_unit()
    {
        string key = Fresh.Key();
        await Take(key, ",\"costs\":{\"tokens\":900}");
        var said = await Http.AdminAsync(HttpMethod.Get, $"/admin/explain?key={key}&cost.tokens=101&cost.pages=1");
        Assert.Equal("refused", said.Text("outcome"));
        Assert.Equal(["pages"], UnknownIn(said.Json.GetProperty("decision")));
        var limits = said.Json.GetProperty("limits").EnumerateArray().ToList();
        Assert.Equal(["", "tokens", "bytes"], limits.Select(limit => limit.TryGetProperty("unit", out var unit) ? unit.GetString()! : ""));
        Assert.Contains("unit: tokens (plan llm)", limits[1].GetProperty("values").EnumerateArray().Select(value => $"{value.GetProperty("name")}: {value.GetProperty("value")} ({value.GetProperty("from")})"));
        Assert.Equal("59 100 500", await Left(key));
    }

    [Fact]
    public async Task The_top_keys_count_each_take_once_whatever_it_costs()
    {
        string key = Fresh.Key();
        foreach (int tokens in (int[])[600, 600, 399, 2])
            await Http.PostAsync("/v1/take", Body(key, $",\"costs\":{{\"tokens\":{tokens}}}"), "top");
        await Http.PostAsync("/v1/charge", Body(key, ",\"costs\":{\"tokens\":7}"), "top");
        var top = (await Http.AdminAsync(HttpMethod.Get, "/admin/top?tenant=top")).Json;
        foreach (string list in (string[])["denied", "allowed"])
        {
            var entry = Assert.Single(top.GetProperty(list).GetProperty("entries").EnumerateArray());
            Assert.Equal((key, 2), (entry.GetProperty("key").GetString(), entry.GetProperty("count").GetInt32()));
        }
    }

    [Fact]
    public async Task A_request_has_at_most_as_many_units_as_a_plan_has_limits()
    {
        string key = Fresh.Key();
        string Units(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"\"u{i}\":1"));
        Assert.Equal(200, (await Take(key, $",\"costs\":{{{Units(16)}}}")).Status);
        var refused = await Take(key, $",\"costs\":{{{Units(17)}}}");
        refused.AssertProblem(400);
        Assert.Equal(("costs", "costs holds 17 units: send at most 16"), (refused.Text("field"), refused.Text("detail")));
        string longest = new('u', 64);
        Assert.Equal([longest], UnknownIn((await Take(key, $",\"costs\":{{\"{longest}\":2147483648}}")).Json));
        (await Take(key, $",\"costs\":{{\"{longest}u\":1}}")).AssertProblem(400);
        Assert.Equal("58 1000 500", await Left(key));
    }
}

public sealed class UnitTestsInMemory(ServerOfUnitsInMemory server) : UnitTests, IClassFixture<ServerOfUnitsInMemory>
{
    internal override HttpCalls Http => server.Http;
}

public sealed class UnitTestsOnRedis(ServerOfUnitsOnRedis server) : UnitTests, IClassFixture<ServerOfUnitsOnRedis>
{
    internal override HttpCalls Http => server.Http;
}
