namespace Weir;

// Makes the command that refunds a take or charge. The refund may be late: a bucket drains alike with and without the
// cost, so its state is then as if the cost had never been charged.
internal static class UndoCommand
{
    // Returns the command under a new id. Skips the limits in done, which are already refunded; may have no limits.
    public static BucketCommand Of(in LimitSet limits, in BucketResult result, uint done = 0)
    {
        var lines = result;
        return Of(limits, limit => lines[limit], done);
    }

    public static BucketCommand Of(in LimitSet limits, Func<int, BucketLine> lineOf, uint done = 0)
    {
        var ends = new List<long>();
        uint charged = 0;
        int index = 0;
        foreach (var limit in limits)
        {
            var line = lineOf(index);
            uint bit = limits.Only(index).Applying;
            // A limit in shadow mode may have refused the cost, and then spent nothing.
            if (line.Outcome == BucketOutcome.Allowed && limit.CostOf(limits.Facts) > 0 && (done & bit) == 0)
            {
                charged |= bit;
                ends.Add(limit.Quota is WindowQuota ? line.State.At : 0);
            }

            index++;
        }

        var name = RecordKey.NewId();
        var undone = limits with { Applying = charged, Facts = limits.Facts.Negated() };
        return new BucketCommand(undone, BucketOperation.Charge)
        {
            OnlyEnds = [.. ends],
            RecordKey = new RecordKey(name, name) { Life = TimeSpan.FromMinutes(1) },
        };
    }
}
