namespace Weir.Server;

internal sealed class ReservationEndpoints(Reservations reservations, DecisionAnswers answers, DecisionTelemetry telemetry, TimeProvider time)
{
    public async Task Create(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<ReservationBody>(http, DecisionEndpoints.MaxBody);
        if (body is null)
            return;
        if ((FactsReader.FromBody(http.Request, body, leastCost: 1, out var facts) ?? ComplaintAbout(body.TtlMs) ?? IdempotencyKey.Complaint(http)) is { } complaint)
        {
            await Problems.Refuse(http, complaint);
            return;
        }

        long began = time.GetTimestamp();
        var reservation = await reservations.ReserveAsync(facts, TimeSpan.FromMilliseconds(body.TtlMs), IdempotencyKey.Of(http));
        if (reservation.Conflict)
        {
            await Problems.OtherRequest(http);
            return;
        }

        telemetry.Record(facts, reservation.Decision, spend: true, time.GetElapsedTime(began));
        await Answer(http, reservation);
    }

    public async Task Commit(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<CommitBody>(http, DecisionEndpoints.MaxBody);
        if (body is null)
            return;
        if (ComplaintAbout(body) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else
        {
            string? tenant = Caller.TenantOf(http);
            await Answer(http, await reservations.CommitAsync(IdOf(http), body.GivenCost, tenant, body.Costs));
        }
    }

    public async Task Cancel(HttpContext http)
    {
        var settlement = await reservations.CancelAsync(IdOf(http), Caller.TenantOf(http));
        if (settlement.Outcome == SettlementOutcome.Settled)
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await Answer(http, settlement);
    }

    private Task Answer(HttpContext http, Reservation reservation) =>
        reservation.Id is { } id ? answers.Reserved(http, id, reservation.Decision)
        : reservation.Decision.Allowed ? Problems.ReducedCapacity(http)
        : answers.Take(http, reservation.Decision);

    private Task Answer(HttpContext http, Settlement settlement) => settlement.Outcome switch
    {
        SettlementOutcome.Settled => answers.Decision(http, settlement.Decision),
        SettlementOutcome.Conflict => Problems.SettledOtherwise(http),
        SettlementOutcome.Unavailable => Problems.ReducedCapacity(http),
        _ => Problems.NoReservation(http),
    };

    private static string IdOf(HttpContext http) => (string?)http.Request.RouteValues["id"] ?? "";

    private static Complaint? ComplaintAbout(CommitBody body)
    {
        if (body.GivenCost is null && body.Costs is not { Count: > 0 })
        {
            string what = $"cost or costs must be given, each a whole number from 0 to {Bounds.MaxCost}";
            return new Complaint("cost", $"{what}: what the request took in the end");
        }

        return body.Cost is < 0 or > Bounds.MaxCost
            ? new Complaint("cost", $"cost must be a whole number from 0 to {Bounds.MaxCost}; it was {body.Cost}")
            : body.Costs is null ? null : Bounds.Complaint(body.Costs);
    }

    private static Complaint? ComplaintAbout(long ttlMs) => ttlMs >= 1 && ttlMs <= Reservations.MaxLife.TotalMilliseconds
        ? null
        : new Complaint("ttlMs", $"ttlMs must be a whole number from 1 to {Reservations.MaxLife.TotalMilliseconds:0}; it was {ttlMs}");
}
