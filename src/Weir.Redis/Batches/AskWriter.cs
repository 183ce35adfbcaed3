using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Weir.Redis;

/// <summary>Spells one decision's numbers for <c>take.lua</c>, as that says: doubles, little-endian.</summary>
internal static class AskWriter
{
    private const int Head = 4;
    private const int MemoFields = 2;
    private const int LimitFields = 7;
    private const int LeaseFields = 3;
    private const int WindowFields = 3;
    private const int MostFields = LimitFields + LeaseFields + WindowFields;

    private enum Kind
    {
        Bucket,
        Window,
        Places,
    }

    /// <summary>Spells what is asked.</summary>
    /// <param name="ask">What is asked.</param>
    /// <param name="redisUs">The time of Redis as far as we know it; only windows need it.</param>
    /// <param name="trip">What is asked for beside it; null for nothing.</param>
    /// <param name="horizonUs">How long a lease lives, in microseconds.</param>
    /// <param name="to">Where to.</param>
    public static void Write(in StoreAsk ask, long redisUs, LeaseTrip? trip, long horizonUs, Words to)
    {
        // Of what is learned only, Redis need not know.
        trip = trip is { Asks: true } ? trip : null;
        Span<double> numbers = stackalloc double[Head + MemoFields + (Plan.MaxLimits * MostFields)];
        int count = 0;
        numbers[count++] = (int)ask.What;
        numbers[count++] = ask.Limits.Count;
        numbers[count++] = ask.Memo is null ? 0 : ask.Memo.Settles ? 2 : 1;
        numbers[count++] = trip is null ? 0 : horizonUs;
        if (ask.Memo is { } memo)
        {
            numbers[count++] = Math.Ceiling(memo.Keep.TotalMilliseconds);
            numbers[count++] = Math.Ceiling(memo.Open.TotalMilliseconds);
        }

        int index = 0;
        foreach (var limit in ask.Limits)
        {
            Write(ask, limit, ask.OnlyEnds?[index] ?? 0, redisUs, trip, index, numbers, ref count);
            index++;
        }

        if (BitConverter.IsLittleEndian)
            to.Add(MemoryMarshal.AsBytes(numbers[..count]));
        else
            WriteReversed(numbers[..count], to);
    }

    private static void Write(in StoreAsk ask, Limit limit, long onlyEnd, long redisUs, LeaseTrip? trip, int index, Span<double> to, ref int count)
    {
        to[count++] = (int)(limit.Quota switch { TokenQuota => Kind.Bucket, WindowQuota => Kind.Window, _ => Kind.Places });
        to[count++] = limit.Mode == LimitMode.Shadow ? 1 : 0;
        to[count++] = ask.HeldBack.CapacityOf(limit.Quota);
        to[count++] = limit.CostOf(ask.Limits.Facts.Cost);
        switch (limit.Quota)
        {
            case WindowQuota window:
                to[count++] = onlyEnd;
                var edges = window.Calendar.Around(redisUs);
                to[count++] = edges.PreviousStartUs;
                to[count++] = edges.StartUs;
                Write(trip, index, to, ref count);
                to[count++] = edges.EndUs;
                to[count++] = edges.NextEndUs;
                to[count++] = edges.EndAfterNextUs;
                break;
            case ConcurrencyQuota places:
                to[count++] = limit.Cost;
                to[count++] = ask.Limits.LeaseUs(places) / 1000;
                to[count++] = 0;
                Write(trip, index, to, ref count);
                break;
            default:
                to[count++] = limit.Quota.Rate.UnitsPerToken;
                to[count++] = limit.Quota.Rate.UnitsPerTick;
                to[count++] = limit.Quota.Rate.TickUs;
                Write(trip, index, to, ref count);
                break;
        }
    }

    private static void Write(LeaseTrip? trip, int index, Span<double> to, ref int count)
    {
        if (trip is null)
            return;
        var wish = trip[index];
        to[count++] = wish.Tokens;
        to[count++] = wish.Back;
        to[count++] = wish.BackStampUs;
    }

    private static void WriteReversed(ReadOnlySpan<double> numbers, Words to)
    {
        var bytes = to.Begin(numbers.Length * sizeof(double));
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes[(i * sizeof(double))..], numbers[i]);
        to.End(bytes.Length);
    }
}
