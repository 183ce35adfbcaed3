namespace Weir;

/// <summary>Makes the command that gives back at face value what a take or a charge spent.</summary>
/// <remarks>
/// A bucket drains alike with the cost in it and without, and never below empty, so that giving the cost back later
/// leaves the bucket as if the command had never arrived.
/// </remarks>
internal static class UndoCommand
{
    /// <summary>Returns the command, under a name of its own; without limits if nothing was spent.</summary>
    /// <param name="limits">The request.</param>
    /// <param name="result">The result of the command that is undone.</param>
    /// <param name="done">The limits to which everything was given back already, a bit each.</param>
    public static BucketCommand Of(in LimitSet limits, in BucketResult result, uint done = 0)
    {
        var lines = result;
        return Of(limits, limit => lines[limit], done);
    }

    /// <summary>Returns the command, under a name of its own; without limits if nothing was spent.</summary>
    /// <param name="limits">The request.</param>
    /// <param name="lineOf">The line of each bucket in the result of the command that is undone.</param>
    /// <param name="done">The limits to which everything was given back already, a bit each.</param>
    public static BucketCommand Of(in LimitSet limits, Func<int, BucketLine> lineOf, uint done = 0)
    {
        var ends = new List<long>();
        uint charged = 0;
        int index = 0;
        foreach (var limit in limits)
        {
            var line = lineOf(index);
            uint bit = limits.Only(index).Applying;
            // A limit in shadow may have refused, and then nothing was taken from it.
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
