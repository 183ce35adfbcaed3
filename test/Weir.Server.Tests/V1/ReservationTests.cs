using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

/// <summary>Reservations, refunds and idempotency keys, the same in memory and on Redis.</summary>
public abstract class ReservationTests
{
    internal abstract HttpCalls Http { get; }

    private Task<Answer> Reserve(string key, long cost, string more = "", string tenant = "slow", string? idempotencyKey = null) =>
        Http.PostOnceAsync("/v1/reservations", $$"""{"key":"{{key}}","cost":{{cost}},"tenant":"{{tenant}}"{{more}}}""", idempotencyKey);

    private Task<Answer> Commit(string id, long cost) => Http.PostAsync($"/v1/reservations/{id}/commit", $$"""{"cost":{{cost}}}""");

    private Task<Answer> Cancel(string id) => Http.SendAsync(HttpMethod.Delete, $"/v1/reservations/{id}", null);

    private Task<long> Left(string key) => Http.RemainingAsync(key, "slow");

    [Fact]
    public async Task A_commit_below_what_was_reserved_gives_the_difference_back()
    {
        string key = Fresh.Key();
        var reserved = await Reserve(key, 8);
        Assert.Equal(201, reserved.Status);
        string id = reserved.Text("id");
        Assert.Equal($"/v1/reservations/{id}", reserved.Header("Location"));
        Assert.Equal(2, reserved.Json.GetProperty("decision").GetProperty("remaining").GetInt64());
        Assert.Equal(2, await Left(key));
        var committed = await Commit(id, 3);
        Assert.Equal((200, 7L), (committed.Status, committed.Number("remaining")));
        Assert.Equal(7, await Left(key));
    }

    [Fact]
    public async Task A_commit_above_what_was_reserved_charges_the_difference_even_into_debt()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, 8)).Text("id");
        Assert.Equal((200, 0L), (await Commit(id, 15)) is var answer ? (answer.Status, answer.Number("remaining")) : default);
        Assert.Equal(429, (await Http.TakeAsync(key, 1, "slow")).Status);
        await Http.PostAsync("/v1/refund", $$"""{"key":"{{key}}","cost":6,"tenant":"slow"}""");
        Assert.Equal(1, await Left(key));
    }

    [Fact]
    public async Task A_commit_answers_that_its_permit_is_free()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, 1, tenant: "busy")).Text("id");
        string other = (await Reserve(key, 1, tenant: "busy")).Text("id");
        Assert.Equal(1, RunningLeft(await Commit(id, 1)));
        Assert.Equal(2, RunningLeft(await Commit(other, 1)));

        static long RunningLeft(Answer answer) => answer.Json.GetProperty("limits").EnumerateArray()
            .First(limit => limit.GetProperty("name").GetString() == "running").GetProperty("remaining").GetInt64();
    }

    [Fact]
    public async Task A_repeated_commit_changes_nothing_and_another_one_is_a_conflict()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, 8)).Text("id");
        string first = (await Commit(id, 3)).Body;
        Assert.Equal(first, (await Commit(id, 3)).Body);
        Assert.Equal(7, await Left(key));
        (await Commit(id, 4)).AssertProblem(409);
        (await Cancel(id)).AssertProblem(409);
        Assert.Equal(7, await Left(key));
    }

    [Fact]
    public async Task A_cancelled_reservation_is_given_back_once()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, 8)).Text("id");
        await Http.TakeAsync(key, 1, "slow");
        Assert.Equal(204, (await Cancel(id)).Status);
        Assert.Equal(204, (await Cancel(id)).Status);
        Assert.Equal(9, await Left(key));
        (await Commit(id, 1)).AssertProblem(409);
    }

    [Fact]
    public async Task A_reservation_that_is_not_settled_in_time_stays_spent()
    {
        string key = Fresh.Key();
        string id = (await Reserve(key, 8, ",\"ttlMs\":1")).Text("id");
        await Task.Delay(20);
        (await Commit(id, 1)).AssertProblem(404);
        Assert.Equal(2, await Left(key));
    }

    [Fact]
    public async Task A_refused_reservation_is_a_refused_take()
    {
        string key = Fresh.Key();
        await Reserve(key, 8);
        var refused = await Reserve(key, 8);
        refused.AssertProblem(429);
        Assert.True(refused.Number("retryAfterMs") > 0);
        Assert.Equal(2, await Left(key));
    }

    [Fact]
    public async Task Places_are_free_again_when_their_reservation_is_settled_or_over()
    {
        string key = Fresh.Key();
        string first = (await Reserve(key, 1, tenant: "busy")).Text("id");
        await Reserve(key, 1, ",\"ttlMs\":1500", tenant: "busy");
        var refused = await Reserve(key, 1, tenant: "busy");
        refused.AssertProblem(429);
        Assert.Equal("running", refused.Text("limit"));
        await Commit(first, 1);
        Assert.Equal(201, (await Reserve(key, 1, tenant: "busy")).Status);
        await Task.Delay(1_520);
        Assert.Equal(201, (await Reserve(key, 1, tenant: "busy")).Status);
    }

    [Fact]
    public async Task The_same_request_under_an_idempotency_key_is_done_once()
    {
        string key = Fresh.Key(), once = Fresh.Key();
        string first = (await Reserve(key, 4, idempotencyKey: once)).Text("id");
        Assert.Equal(first, (await Reserve(key, 4, idempotencyKey: once)).Text("id"));
        (await Reserve(key, 5, idempotencyKey: once)).AssertProblem(409);
        string take = $$"""{"key":"{{key}}","cost":2,"tenant":"slow"}""";
        var took = await Http.PostOnceAsync("/v1/take", take, once);
        Assert.Equal(took.Number("remaining"), (await Http.PostOnceAsync("/v1/take", take, once)).Number("remaining"));
        Assert.Equal(200, (await Http.PostOnceAsync("/limit/incr", take, once)).Status);
        Assert.Equal(200, (await Http.PostOnceAsync("/v1/refund", take, once)).Status);
        Assert.Equal(200, (await Http.PostOnceAsync("/v1/refund", take, once)).Status);
        Assert.Equal(6, await Left(key));
        (await Http.PostOnceAsync("/v1/take", take.Replace("2", "3", StringComparison.Ordinal), once)).AssertProblem(409);
    }

    [Theory]
    [InlineData("m000000000000000000000000000000010000000000000000.slow")]
    [InlineData("r000000000000000000000000000000010000000000000000.slow")]
    [InlineData("m000000000000000000000000000000010000000000000000.rare")]
    [InlineData("r000000000000000000000000000000010000000000000000.rare")]
    [InlineData("n000000000000000000000000000000010000000000000000.rare")]
    [InlineData("x")]
    [InlineData("r000000000000000000000000000000010000000000000000.a%20b")]
    public async Task A_reservation_that_does_not_exist_is_not_found(string id)
    {
        (await Commit(id, 1)).AssertProblem(404);
        (await Cancel(id)).AssertProblem(404);
    }

    [Fact]
    public async Task L9_who_knows_the_idempotency_key_cannot_guess_the_id()
    {
        string once = Fresh.Key();
        string id = (await Reserve(Fresh.Key(), 8, idempotencyKey: once)).Text("id");
        string other = (await Reserve(Fresh.Key(), 8)).Text("id");
        // The number is computed from the key; the token after it is not.
        string guess = string.Concat(id.AsSpan(0, 33), other.AsSpan(33));
        (await Commit(guess, 1)).AssertProblem(404);
        (await Cancel(guess)).AssertProblem(404);
        Assert.Equal(200, (await Commit(id, 1)).Status);
    }

    [Fact]
    public async Task A_reservation_that_no_limit_applies_to_is_settled_once()
    {
        var reserved = await Reserve(Fresh.Key(), 8, tenant: "rare");
        string id = reserved.Text("id");
        Assert.Equal(201, reserved.Status);
        Assert.Equal(200, (await Commit(id, 3)).Status);
        Assert.Equal(200, (await Commit(id, 3)).Status);
        (await Commit(id, 4)).AssertProblem(409);
        (await Cancel(id)).AssertProblem(409);
        (await Commit(id.Replace(".rare", ".rarer", StringComparison.Ordinal), 3)).AssertProblem(404);
    }

    [Fact]
    public async Task A_reservation_that_no_limit_applies_to_is_cancelled_once()
    {
        string id = (await Reserve(Fresh.Key(), 8, tenant: "rare")).Text("id");
        Assert.Equal(204, (await Cancel(id)).Status);
        Assert.Equal(204, (await Cancel(id)).Status);
        (await Commit(id, 1)).AssertProblem(409);
    }

    [Fact]
    public async Task The_same_reservation_that_no_limit_applies_to_has_the_same_id()
    {
        string key = Fresh.Key(), once = Fresh.Key();
        string first = (await Reserve(key, 4, tenant: "rare", idempotencyKey: once)).Text("id");
        Assert.Equal(first, (await Reserve(key, 4, tenant: "rare", idempotencyKey: once)).Text("id"));
        (await Reserve(key, 5, tenant: "rare", idempotencyKey: once)).AssertProblem(409);
    }

    [Fact]
    public async Task L9_an_id_under_another_tenants_name_is_not_found()
    {
        string id = (await Reserve(Fresh.Key(), 8)).Text("id");
        (await Commit(id.Replace(".slow", ".sloth", StringComparison.Ordinal), 1)).AssertProblem(404);
    }

    [Theory]
    [InlineData("{}", "cost")]
    [InlineData("{\"cost\":-1}", "cost")]
    [InlineData("{\"cost\":1.5}", "cost")]
    [InlineData("{\"cost\":2147483649}", "cost")]
    [InlineData("{\"cost\":1,\"x\":1}", "x")]
    public async Task A_bad_commit_is_told_what_is_wrong(string body, string field)
    {
        var answer = await Http.PostAsync("/v1/reservations/r000000000000000000000000000000010000000000000000.slow/commit", body);
        answer.AssertProblem(400);
        Assert.Equal(field, answer.Text("field"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("86400001")]
    [InlineData("\"1s\"")]
    public async Task A_bad_time_is_told_what_is_wrong(string ttl)
    {
        var answer = await Reserve(Fresh.Key(), 1, $",\"ttlMs\":{ttl}");
        answer.AssertProblem(400);
        Assert.Equal("ttlMs", answer.Text("field"));
    }
}

public sealed class ReservationsInMemory(EmbeddedServer weir) : ReservationTests, IClassFixture<EmbeddedServer>
{
    internal override HttpCalls Http => weir.Http;
}

public sealed class ReservationsOnRedis(SharedServerOnRedis weir) : ReservationTests, IClassFixture<SharedServerOnRedis>
{
    internal override HttpCalls Http => weir.Server.Http;

    [Fact]
    public async Task Another_instance_settles_what_this_one_reserved_and_died()
    {
        string key = Fresh.Key();
        string id;
        await using (var other = await weir.Server.StartAnotherAsync())
            id = (await other.Http.PostAsync("/v1/reservations", $$"""{"key":"{{key}}","cost":8,"tenant":"slow"}""")).Text("id");
        Assert.Equal(200, (await Http.PostAsync($"/v1/reservations/{id}/commit", """{"cost":1}""")).Status);
        Assert.Equal(9, await Http.RemainingAsync(key, "slow"));
    }
}

public sealed class ReservationsInAnOutage
{
    [Fact]
    public async Task A_reservation_of_an_outage_is_settled_where_it_was_made_and_one_of_Redis_waits()
    {
        await using var weir = await ServerOnRedis.StartAsync();
        string key = Fresh.Key();
        string body = $$"""{"key":"{{key}}","cost":8,"tenant":"slow"}""";
        string before = (await weir.Http.PostAsync("/v1/reservations", body)).Text("id");
        await weir.BreakAsync();
        // What was reserved before is spent in the outage, too.
        Assert.Equal(429, (await weir.Http.PostAsync("/v1/reservations", body)).Status);
        var inside = await weir.Http.PostAsync("/v1/reservations", $$"""{"key":"{{Fresh.Key()}}","cost":8,"tenant":"slow"}""");
        Assert.Equal((201, 'm'), (inside.Status, inside.Text("id")[0]));
        (await weir.Http.PostAsync($"/v1/reservations/{before}/commit", """{"cost":1}""")).AssertProblem(503);
        Assert.Equal(200, (await weir.Http.PostAsync($"/v1/reservations/{inside.Text("id")}/commit", """{"cost":1}""")).Status);
        var free = await weir.Http.PostAsync("/v1/reservations", """{"key":"k","tenant":"open"}""");
        Assert.Equal((201, 'm'), (free.Status, free.Text("id")[0]));
        Assert.Equal(200, (await weir.Http.PostAsync($"/v1/reservations/{free.Text("id")}/commit", """{"cost":1}""")).Status);
    }
}
