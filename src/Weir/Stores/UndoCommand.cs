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

    // Returns a result as it is once its take is undone.
    public static BucketResult Returned(in LimitSet limits, in BucketResult result)
    {
        var lines = new BucketLine[limits.Count];
        int index = 0;
        foreach (var limit in limits)
        {
            var line = result[index];
            var (time, share) = result.OriginOf(index);
            if (line.Outcome == BucketOutcome.Allowed)
            {
                var state = line.State;
                long cost = limit.CostOf(limits.Facts);
                if (limit.Quota is ConcurrencyQuota)
                    state = state with { Spent = Math.Max(0, state.Spent - cost) };
                else
                    limit.Quota.Charge(ref state, time, -share.CostOf(cost));
                line = line with { State = state };
            }

            lines[index++] = line;
        }

        return new BucketResult(result.Outcome, lines, result.Time, result.Source)
        {
            Share = result.Share,
            Degraded = result.Degraded,
            Origins = result.Origins,
        };
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
