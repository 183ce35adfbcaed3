using System.Buffers.Binary;
using System.Security.Cryptography;
using RESPite.Messages;
using StackExchange.Redis;

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

    private static readonly RedisValue Text = Load();
#pragma warning disable CA5350 // This is how Redis names a script; nothing is kept safe by it.
    private static readonly RedisValue Digest = Convert.ToHexStringLower(SHA1.HashData(((ReadOnlyMemory<byte>)Text).Span));
#pragma warning restore CA5350

    /// <summary>Sends decisions as one call.</summary>
    /// <param name="database">Where to.</param>
    /// <param name="takes">The decisions.</param>
    /// <param name="withScript">Whether the script goes along, which Redis then keeps. Without it, a Redis that does not keep it (any more) refuses, and runs nothing.</param>
    public static Task<RespResult> SendAsync(IDatabase database, ReadOnlySpan<PendingTake> takes, bool withScript)
    {
        int keys = 0, numbers = 0, texts = 0;
        foreach (var take in takes)
        {
            keys += take.Keys.Length;
            numbers += take.Numbers.Length;
            texts += TextsOf(take.Ask);
        }

        var arguments = new RedisKeyOrValue[2 + keys + 1 + texts];
        arguments[0] = withScript ? Text : Digest;
        arguments[1] = (RedisValue)keys;
        int next = 2;
        var asks = new byte[numbers];
        var rest = asks.AsSpan();
        foreach (var take in takes)
        {
            foreach (byte[] key in take.Keys)
                arguments[next++] = (RedisKey)key;
            take.Numbers.CopyTo(rest);
            rest = rest[take.Numbers.Length..];
        }

        arguments[next++] = (RedisValue)asks;
        foreach (var take in takes)
            AddTexts(take.Ask, arguments, ref next);
        return database.ExecuteRespAsync(withScript ? "EVAL" : "EVALSHA", arguments, CommandFlags.DemandMaster);
    }

    private static int TextsOf(in StoreAsk ask)
    {
        int texts = ask.Memo is null ? 0 : 2;
        if (!ask.Limits.Plan.HasPlaces)
            return texts;
        foreach (var limit in ask.Limits)
            texts += limit.Quota is ConcurrencyQuota ? 1 : 0;
        return texts;
    }

    private static void AddTexts(in StoreAsk ask, RedisKeyOrValue[] to, ref int next)
    {
        if (ask.Memo is { } memo)
        {
            to[next++] = (RedisValue)Bytes(memo.Fingerprint);
            to[next++] = (RedisValue)memo.Text;
        }

        if (!ask.Limits.Plan.HasPlaces)
            return;
        foreach (var limit in ask.Limits)
        {
            if (limit.Quota is ConcurrencyQuota)
                to[next++] = (RedisValue)Bytes(ask.Limits.Hold?.Id ?? 0);
        }
    }

    private static byte[] Bytes(UInt128 number)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>Reads a reply into one answer a decision of the batch.</summary>
    public static void Read(RespResult reply, ReadOnlySpan<PendingTake> takes, Span<BucketAnswer> answers)
    {
        ReadOnlySpan<byte> doubles = default;
        if (reply.Prefix == RespPrefix.BulkString)
        {
            var reader = reply.ReadScalar();
            if (!reader.TryGetSpan(out doubles))
                doubles = reader.ReadByteArray();
        }

        int fields = 0;
        foreach (var take in takes)
            fields += HeadFields + (take.Ask.Limits.Count * (take.Trip is null ? LineFields : LineFields + 1));
        if (doubles.Length != fields * sizeof(double))
        {
            answers.Fill(BucketAnswer.Failed(StoreFault.Refusing));
            return;
        }

        for (int i = 0; i < answers.Length; i++)
            answers[i] = ReadOne(ref doubles, takes[i].Ask.Limits, takes[i].Trip);
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

    private static BucketAnswer ReadOne(ref ReadOnlySpan<byte> doubles, in LimitSet limits, LeaseTrip? trip)
    {
        var code = (Code)Next(ref doubles);
        long now = Next(ref doubles);
        Span<BucketLine> lines = stackalloc BucketLine[limits.Count];
        Span<long> leased = stackalloc long[limits.Count];
        var worst = BucketOutcome.Allowed;
        int index = 0;
        foreach (var limit in limits)
        {
            var line = lines[index] = ReadLine(ref doubles);
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
            lines[index] = lines[index] with { State = state with { Spent = Math.Max(0, state.Spent - units) } };
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

    private static byte[] Load()
    {
        using var stream = typeof(TakeScript).Assembly.GetManifestResourceStream("take.lua")!;
        byte[] text = new byte[stream.Length];
        stream.ReadExactly(text);
        return text;
    }
}
