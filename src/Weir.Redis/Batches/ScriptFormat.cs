using System.Buffers.Binary;

namespace Weir.Redis;

/// <summary>Writes the arguments of a batch and reads the reply, in the format of <c>head.lua</c>.</summary>
internal static class ScriptFormat
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
        AnswersFull,
        Kept,
    }

    /// <summary>Writes a batch as one script call. Permits and records need the whole script.</summary>
    public static void Spell(ReadOnlySpan<PendingCommand> takes, ScriptCall to)
    {
        bool isWhole = false;
        foreach (var take in takes)
            isWhole |= take.Command.LimitsRef.Plan.HasPermits || take.Command.RecordKey is not null;
        to.Begin(isWhole ? RedisScript.Whole : RedisScript.Buckets);

        int numbers = 0;
        foreach (var take in takes)
        {
            for (int key = 0; key < take.KeyCount; key++)
                to.AddKey(take.Arguments[key].Span);
            numbers += take.Arguments[take.KeyCount].Length;
        }

        var rest = to.Add(numbers);
        foreach (var take in takes)
        {
            var some = take.Arguments[take.KeyCount].Span;
            some.CopyTo(rest);
            rest = rest[some.Length..];
        }

        if (!isWhole)
            return;
        foreach (var take in takes)
            AddTexts(take.Command, to);
    }

    private static void AddTexts(in BucketCommand command, ScriptCall to)
    {
        if (command.LimitsRef.Plan.HasPermits)
            BinaryPrimitives.WriteUInt128BigEndian(to.Add(16), command.Limits.Holder?.Id ?? 0);
        else
            to.Add(0);
        if (command.RecordKey is { } record)
        {
            BinaryPrimitives.WriteUInt128BigEndian(to.Add(16), record.Fingerprint);
            to.Add(record.Text);
        }
    }

    public static int LengthOf(ReadOnlySpan<PendingCommand> takes)
    {
        int length = 0;
        foreach (var take in takes)
            length += LengthOf(take);
        return length;
    }

    public static int LengthOf(PendingCommand take) => (HeadFields + (take.Buckets * (take.HasLeases ? LineFields + 1 : LineFields))) * sizeof(double);

    public static IdempotencyRecord? ReadRecord(ReadOnlySpan<byte> record)
    {
        const int Head = 33, LineSize = LineFields * sizeof(double), ReplyHead = HeadFields * sizeof(double);
        if (record.Length < Head + ReplyHead)
            return null;
        int count = (int)BinaryPrimitives.ReadDoubleLittleEndian(record[25..]);
        var rest = record[(Head + ReplyHead)..];
        if (count is < 0 or > Plan.MaxLimits || rest.Length < count * LineSize)
            return null;
        var lines = new BucketLine[count];
        for (int i = 0; i < count; i++)
            lines[i] = ReadLine(ref rest);
        long at = (long)BinaryPrimitives.ReadDoubleLittleEndian(record[(Head + sizeof(double))..]);
        return new IdempotencyRecord(rest.ToArray(), lines) { Fingerprint = BinaryPrimitives.ReadUInt128BigEndian(record[1..]), Time = new StoreTime(at, at) };
    }

    /// <summary>Reads one decision from a reply. Its lines do not count leased tokens as spent.</summary>
    public static BucketResult Read(ReadOnlySpan<byte> doubles, PendingCommand take)
    {
        var code = (Code)Next(ref doubles);
        long now = Next(ref doubles);
        Span<BucketLine> lines = stackalloc BucketLine[take.Buckets];
        var worst = BucketOutcome.Allowed;
        int index = 0;
        foreach (var limit in take.Command.Limits)
        {
            var line = ReadLine(ref doubles);
            // Refuses a cost that exceeds only the reduced capacity (held-back tokens): the cost may fit later.
            if (line.Outcome == BucketOutcome.NeverFits && take.Command.HeldBack.Absent > 0
                && limit.CostOf(take.Command.Limits.Facts) <= limit.Quota.Capacity)
                line = line with { Outcome = BucketOutcome.Refused };
            long leased = take.HasLeases ? Next(ref doubles) * limit.Quota.Rate.UnitsPerToken : 0;
            lines[index++] = leased == 0 ? line : WithoutLeased(line, leased);
            if (limit.Mode == LimitMode.Enforce && line.Outcome > worst)
                worst = line.Outcome;
        }

        var time = new StoreTime(now, now);
        return code switch
        {
            Code.Answered or Code.AnsweredBefore => new BucketResult(worst, lines, time, DecisionSource.Redis) { IsRemembered = code == Code.AnsweredBefore },
            Code.Kept => new BucketResult(worst, lines, time, DecisionSource.Redis) { IsRemembered = true, IsKept = true },
            Code.Stale => BucketResult.Stale(now),
            Code.Conflict => BucketResult.Failed(StoreFault.Conflict),
            Code.Gone => BucketResult.Failed(StoreFault.Gone),
            Code.AnswersFull => BucketResult.Failed(StoreFault.AnswersFull),
            _ => BucketResult.Failed(StoreFault.Damaged),
        };
    }

    private static BucketLine WithoutLeased(in BucketLine line, long leased) =>
        line with { State = line.State with { Spent = Math.Max(0, line.State.Spent - leased) }, Leased = leased };

    private static BucketLine ReadLine(ref ReadOnlySpan<byte> doubles) =>
        new((BucketOutcome)Next(ref doubles), new BucketState(Next(ref doubles), Next(ref doubles)));

    private static long Next(ref ReadOnlySpan<byte> doubles)
    {
        double number = BinaryPrimitives.ReadDoubleLittleEndian(doubles);
        doubles = doubles[sizeof(double)..];
        return (long)number;
    }
}
