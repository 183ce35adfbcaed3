namespace Weir.Server;

// Executes WEIR.TAKE, WEIR.CHECK and WEIR.REFUND by the policies of a tenant.
internal sealed class WeirCommands(Decider decider, WeirArguments reader)
{
    public void Take(RespSession session, RespArguments arguments) => Decide(session, arguments, spend: true);

    public void Check(RespSession session, RespArguments arguments) => Decide(session, arguments, spend: false);

    public void Refund(RespSession session, RespArguments arguments)
    {
        if (reader.Read(session, arguments, leastCost: 1, out var facts) is { } error)
        {
            session.Writer.Error(error);
            return;
        }

        var refund = decider.RefundAsync(facts).AsTask();
        if (refund.IsCompletedSuccessfully)
            RespDecision.Write(session.Writer, RespForm.Weir, refund.Result!.Value);
        else
            session.Replies.Add(refund, session.IsResp3);
    }

    private void Decide(RespSession session, RespArguments arguments, bool spend)
    {
        if (reader.Read(session, arguments, leastCost: spend ? 1 : 0, out var facts) is { } error)
            session.Writer.Error(error);
        else if (decider.Begin(facts, null, spend, ref session.Replies.Turn, out var decision) is { } pending)
            session.Replies.Add(pending, RespForm.Weir, spend, session.IsResp3);
        else
            RespDecision.Write(session.Writer, RespForm.Weir, decision);
    }
}
