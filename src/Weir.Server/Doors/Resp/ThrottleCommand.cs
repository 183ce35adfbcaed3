namespace Weir.Server;

// Executes CL.THROTTLE key max_burst count period [quantity], like redis-cell: the command contains its own limit. The
// tenant is that of the API key.
internal sealed class ThrottleCommand(Decider decider, PlansOfRequests plans, TextCache texts)
{
    /// <summary>Name of the plan and its limit. The tilde keeps the name distinct from names in policies.</summary>
    public const string PlanName = "~cl.throttle";

    private const int Key = 1, MaxBurst = 2, Count = 3, Period = 4, Quantity = 5, Most = 6;

    public void Execute(RespSession session, RespArguments arguments)
    {
        if (arguments.Count > Most)
            session.Writer.Error("ERR wrong number of arguments for 'cl.throttle' command");
        else if (Read(session, arguments, out var facts, out var plan) is { } error)
            session.Writer.Error(error);
        else if (decider.Begin(facts, plan, facts.Cost > 0, ref session.Replies.Turn, out var decision) is { } pending)
            session.Replies.Add(pending, RespForm.Throttle, facts.Cost > 0, session.IsResp3);
        else
            RespDecision.Write(session.Writer, RespForm.Throttle, decision);
    }

    private string? Read(RespSession session, RespArguments arguments, out RequestFacts facts, out Plan? plan)
    {
        (facts, plan) = (default, null);
        long quantity = 1;
        if (!arguments.TryReadNumber(MaxBurst, out long maxBurst))
            return NoNumber("max_burst", arguments, MaxBurst);
        if (!arguments.TryReadNumber(Count, out long count))
            return NoNumber("count", arguments, Count);
        if (!arguments.TryReadNumber(Period, out long period))
            return NoNumber("period", arguments, Period);
        if (arguments.Count > Quantity && !arguments.TryReadNumber(Quantity, out quantity))
            return NoNumber("quantity", arguments, Quantity);
        if (quantity is < 0 or > Bounds.MaxCost)
            return $"ERR quantity must be a whole number from 0 to {Bounds.MaxCost}; it was {quantity}";
        var name = arguments[Key];
        if (name.IsEmpty || name.Length > Bounds.MaxKeyBytes || texts.Of(name) is not { } key)
            return $"ERR key must be 1 to {Bounds.MaxKeyBytes} bytes of UTF-8; it has {name.Length}";
        plan = plans.Of(session.Tenant, maxBurst, count, period, out string? error);
        facts = new RequestFacts(session.Tenant, key, quantity);
        return error is null ? null : "ERR " + error;
    }

    private static string NoNumber(string name, RespArguments arguments, int index) =>
        $"ERR {name} must be a whole number; it was \"{arguments.Shown(index)}\"";
}
