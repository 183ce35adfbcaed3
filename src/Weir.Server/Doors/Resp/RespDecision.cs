namespace Weir.Server;

internal enum RespForm
{
    Throttle,

    /// <summary>Map reply of <c>WEIR.TAKE</c>, <c>WEIR.CHECK</c> and <c>WEIR.REFUND</c>.</summary>
    Weir,
}

internal static class RespDecision
{
    public const string Unavailable =
        "UNAVAILABLE no decision can be made at the moment; nothing says that a quota was exceeded, so try again "
            + "shortly";

    public static void Write(RespWriter writer, RespForm form, in Decision decision)
    {
        if (decision.Outcome is DecisionOutcome.Unavailable or DecisionOutcome.AnswersFull)
            writer.Error(Unavailable);
        else if (form == RespForm.Throttle)
            WriteThrottle(writer, decision);
        else
            WriteMap(writer, decision);
    }

    private static void WriteThrottle(RespWriter writer, in Decision decision) => writer.Integers(
        decision.Allowed ? 0 : 1,
        decision.Plan.Limits[0].Quota.Capacity,
        decision.Remaining,
        !decision.Allowed && decision.RetryAfter is { } retry ? Spelling.Seconds(retry) : -1,
        Spelling.Seconds(decision.ResetAfter));

    private static void WriteMap(RespWriter writer, in Decision decision)
    {
        var unknown = decision.UnknownUnits;
        writer.Map(unknown is null ? 8 : 9);
        writer.Bulk("allowed"u8);
        writer.Boolean(decision.Allowed);
        writer.Bulk("remaining"u8);
        writer.Integer(decision.Remaining);
        writer.Bulk("capacity"u8);
        writer.Integer(decision.Limit?.Quota.Capacity ?? decision.Remaining);
        writer.Bulk("limit"u8);
        if (decision.Limit is { } limit)
            writer.Bulk(limit.Name);
        else
            writer.Null();
        writer.Bulk("retry_after_ms"u8);
        writer.Integer(decision.RetryAfter is { } retry ? Spelling.Milliseconds(retry) : -1);
        writer.Bulk("reset_after_ms"u8);
        writer.Integer(Spelling.Milliseconds(decision.ResetAfter));
        writer.Bulk("source"u8);
        writer.Bulk(Spelling.Of(decision.Source));
        writer.Bulk("degraded"u8);
        writer.Boolean(decision.Degraded);
        if (unknown is not null)
            WriteUnits(writer, unknown);
    }

    private static void WriteUnits(RespWriter writer, IReadOnlyList<string> units)
    {
        writer.Bulk("unknown_units"u8);
        writer.Array(units.Count);
        foreach (string unit in units)
            writer.Bulk(unit);
    }
}
