using System.Buffers.Binary;

namespace Weir.Redis;

/// <summary>Speaks to <c>take.lua</c>: spells what is asked and reads what is replied, as the script's header says.</summary>
internal static class TakeScript
{
    private const int HeadFields = 2;
    private const int LineFields = 3;

    private enum Code
    {
        Answered,
        AnsweredBefore,
        Stale,
        Conflict,
        Gone,
        Damaged,
    }

    /// <summary>Spells decisions as one call.</summary>
    public static ScriptCall Spell(ReadOnlySpan<PendingTake> takes)
    {
        var call = new ScriptCall(RedisScript.Take);
        int numbers = 0;
        foreach (var take in takes)
        {
            foreach (byte[] key in take.Keys)
                call.AddKey(key);
            numbers += take.Numbers.Length;
        }

        var rest = call.Add(numbers);
        foreach (var take in takes)
        {
            take.Numbers.CopyTo(rest);
            rest = rest[take.Numbers.Length..];
        }

        foreach (var take in takes)
            AddTexts(take.Ask, call);
        return call;
    }

    private static void AddTexts(in StoreAsk ask, ScriptCall to)
    {
        if (ask.Memo is { } memo)
        {
            BinaryPrimitives.WriteUInt128BigEndian(to.Add(16), memo.Fingerprint);
            to.Add(memo.Text);
        }

        if (!ask.Limits.Plan.HasPlaces)
            return;
        foreach (var limit in ask.Limits)
        {
            if (limit.Quota is ConcurrencyQuota)
                BinaryPrimitives.WriteUInt128BigEndian(to.Add(16), ask.Limits.Hold?.Id ?? 0);
        }
    }

    /// <summary>Reads a reply into one answer a decision of the batch.</summary>
    public static void Read(ReadOnlySpan<byte> doubles, ReadOnlySpan<PendingTake> takes, Span<BucketAnswer> answers)
    {
        int fields = 0;
        foreach (var take in takes)
            fields += HeadFields + (take.Ask.Limits.Count * (take.Trip is null ? LineFields : LineFields + 1));
        if (doubles.Length != fields * sizeof(double))
        {
            answers.Fill(BucketAnswer.Failed(StoreFault.Refusing));
            return;
        }

        for (int i = 0; i < answers.Length; i++)
            answers[i] = ReadOne(ref doubles, takes[i].Ask, takes[i].Trip);
    }

    /// <summary>Reads what was kept with an answer; null when it is not that.</summary>
    public static KeptAnswer? ReadKept(ReadOnlySpan<byte> memo)
    {
        const int Head = 33, LineSize = LineFields * sizeof(double), ReplyHead = HeadFields * sizeof(double);
        if (memo.Length < Head + ReplyHead)
            return null;
        int count = (int)BinaryPrimitives.ReadDoubleLittleEndian(memo[25..]);
        var rest = memo[(Head + ReplyHead)..];
        if (count is < 0 or > Plan.MaxLimits || rest.Length < count * LineSize)
            return null;
        var lines = new BucketLine[count];
        for (int i = 0; i < count; i++)
            lines[i] = ReadLine(ref rest);
        long at = (long)BinaryPrimitives.ReadDoubleLittleEndian(memo[(Head + sizeof(double))..]);
        return new KeptAnswer(rest.ToArray(), lines) { Fingerprint = BinaryPrimitives.ReadUInt128BigEndian(memo[1..]), Time = new StoreTime(at, at) };
    }

    private static BucketAnswer ReadOne(ref ReadOnlySpan<byte> doubles, in StoreAsk ask, LeaseTrip? trip)
    {
        var limits = ask.Limits;
        var code = (Code)Next(ref doubles);
        long now = Next(ref doubles);
        Span<BucketLine> lines = stackalloc BucketLine[limits.Count];
        Span<long> leased = stackalloc long[limits.Count];
        var worst = BucketOutcome.Allowed;
        int index = 0;
        foreach (var limit in limits)
        {
            var line = ReadLine(ref doubles);
            // What does not fit into the capacity as far as it is not held back may fit later.
            if (line.Outcome == BucketOutcome.NeverFits && ask.HeldBack.Absent > 0 && limit.CostOf(limits.Facts.Cost) <= limit.Quota.Capacity)
                line = line with { Outcome = BucketOutcome.Refused };
            lines[index] = line;
            leased[index++] = trip is null ? 0 : Next(ref doubles);
            if (limit.Mode == LimitMode.Enforce && line.Outcome > worst)
                worst = line.Outcome;
        }

        if (trip is not null && code == Code.Answered)
            Learn(trip, worst, lines, leased, new StoreTime(now, now));
        return code switch
        {
            Code.Answered or Code.AnsweredBefore => new BucketAnswer(worst, lines, new StoreTime(now, now), DecisionSource.Redis) { IsRemembered = code == Code.AnsweredBefore },
            Code.Stale => BucketAnswer.Stale(now),
            Code.Conflict => BucketAnswer.Failed(StoreFault.Conflict),
            Code.Gone => BucketAnswer.Failed(StoreFault.Gone),
            _ => BucketAnswer.Failed(StoreFault.Damaged),
        };
    }

    /// <summary>What was leased is spent for Redis, and not yet for whoever asked.</summary>
    private static void Learn(LeaseTrip trip, BucketOutcome worst, Span<BucketLine> lines, ReadOnlySpan<long> leased, in StoreTime time)
    {
        trip.Learn(new BucketAnswer(worst, lines, time, DecisionSource.Redis), leased);
        int index = 0;
        foreach (var limit in trip.Limits)
        {
            var state = lines[index].State;
            long units = limit.Quota is TokenQuota bucket ? bucket.UnitsOf(leased[index]) : leased[index];
            lines[index] = lines[index] with { State = state with { Spent = Math.Max(0, state.Spent - units) }, Leased = units };
            index++;
        }
    }

    private static BucketLine ReadLine(ref ReadOnlySpan<byte> doubles) =>
        new((BucketOutcome)Next(ref doubles), new BucketState(Next(ref doubles), Next(ref doubles)));

    private static long Next(ref ReadOnlySpan<byte> doubles)
    {
        double number = BinaryPrimitives.ReadDoubleLittleEndian(doubles);
        doubles = doubles[sizeof(double)..];
        return (long)number;
    }
}
