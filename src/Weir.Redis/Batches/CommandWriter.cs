using System.Buffers.Binary;

namespace Weir.Redis;

/// <summary>Writes the numbers of one command in the format of <c>head.lua</c>: little-endian doubles.</summary>
internal static class CommandWriter
{
    private const int Head = 5;
    private const int LengthField = 4;
    private const int RecordFields = 3;
    private const int LimitFields = 8;
    private const int LeaseFields = 3;
    private const int WindowFields = 2;

    private enum Kind
    {
        Bucket,
        Window,
        Permits,
    }

    public static void Write(
        in BucketCommand command, long redisUs, LeaseTrip? trip, long horizonUs, long answerBytes, Arguments to)
    {
        // A trip without leases to ask for or give back only learns from the reply, and needs no fields.
        trip = trip is { Asks: true } ? trip : null;
        int most = Head + RecordFields + (command.Limits.Count * (LimitFields + LeaseFields + WindowFields));
        var all = to.Begin(most * sizeof(double));
        var rest = all;
        int recordKind = command.RecordKey switch
        {
            null => 0,
            { Settles: true } => 2,
            { Undoes: (_, _, var isAdmitted) } => isAdmitted ? 4 : 3,
            _ => 1,
        };
        Put(ref rest, (int)command.What, command.Limits.Count, recordKind, trip is null ? 0 : horizonUs, 0);
        if (command.RecordKey is { } record)
        {
            double keepMs = Math.Ceiling(record.Keep.TotalMilliseconds);
            double openMs = Math.Ceiling(record.Open.TotalMilliseconds);
            Put(ref rest, keepMs, record.Undoes?.AtUs ?? openMs, record.IsBounded ? answerBytes : 0);
        }

        int index = 0;
        foreach (var limit in command.Limits)
        {
            Put(command, limit, index, redisUs, trip, ref rest);
            index++;
        }

        int length = all.Length - rest.Length;
        BinaryPrimitives.WriteDoubleLittleEndian(all[(LengthField * sizeof(double))..], length);
        to.End(length);
    }

    private static void Put(in BucketCommand command, Limit limit, int index, long redisUs, LeaseTrip? trip, ref Span<byte> to)
    {
        var edges = limit.Quota is WindowQuota { Calendar: var calendar } ? calendar.Around(redisUs) : default;
        var (kind, unit) = limit.Quota switch
        {
            TokenQuota token => (Kind.Bucket, token.Rate.UnitsPerToken),
            WindowQuota => (Kind.Window, 1),
            _ => (Kind.Permits, 1L),
        };
        double amount = limit.CostOf(command.Limits.Facts) * (command.What >= BucketOperation.Settle ? 1.0 : unit);
        double capacity = command.HeldBack.CapacityOf(limit.Quota) * (double)unit;
        Put(ref to, (int)kind, limit.Mode == LimitMode.Shadow ? 1 : 0, capacity, amount);
        switch (limit.Quota)
        {
            case WindowQuota:
                Put(ref to, command.OnlyEnds?[index] ?? 0, edges.PreviousStartUs, edges.StartUs, edges.EndUs);
                break;
            case ConcurrencyQuota permits:
                Put(ref to, limit.Cost, command.Limits.LeaseUs(permits) / 1000, 0, 0);
                break;
            default:
                var rate = limit.Quota.Rate;
                Put(ref to, unit, rate.UnitsPerTick, rate.TickUs, (float)((double)rate.UnitsPerTick / rate.TickUs));
                break;
        }

        if (trip is not null)
            Put(ref to, trip[index].Tokens, trip[index].Back, trip[index].BackStampUs);
        if (kind == Kind.Window)
            Put(ref to, edges.NextEndUs, edges.EndAfterNextUs);
    }

    private static void Put(ref Span<byte> to, params ReadOnlySpan<double> numbers)
    {
        foreach (double number in numbers)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(to, number);
            to = to[sizeof(double)..];
        }
    }
}
