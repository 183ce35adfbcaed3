using System.Buffers.Binary;
using System.Security.Cryptography;
using RESPite.Messages;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Speaks to <c>take.lua</c>: spells what is asked and reads what is replied, as the script's header says.</summary>
internal static class TakeScript
{
    private const int AskFields = 6;
    private const int ReplyFields = 3;
    private const int Damaged = 3;

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
        var arguments = new RedisKeyOrValue[2 + takes.Length + 1];
        arguments[0] = withScript ? Text : Digest;
        arguments[1] = (RedisValue)takes.Length;
        var asks = new byte[takes.Length * AskFields * sizeof(double)];
        var rest = asks.AsSpan();
        for (int i = 0; i < takes.Length; i++)
        {
            arguments[2 + i] = (RedisKey)takes[i].Key;
            rest = Write(takes[i], rest);
        }

        arguments[^1] = (RedisValue)asks;
        return database.ExecuteRespAsync(withScript ? "EVAL" : "EVALSHA", arguments, CommandFlags.DemandMaster);
    }

    /// <summary>Reads a reply into one answer a decision of the batch.</summary>
    public static void Read(RespResult reply, Span<BucketAnswer> answers)
    {
        ReadOnlySpan<byte> doubles = default;
        if (reply.Prefix == RespPrefix.BulkString)
        {
            var reader = reply.ReadScalar();
            if (!reader.TryGetSpan(out doubles))
                doubles = reader.ReadByteArray();
        }

        if (doubles.Length != (1 + (answers.Length * ReplyFields)) * sizeof(double))
        {
            answers.Fill(BucketAnswer.Failed(StoreFault.Refusing));
            return;
        }

        long now = Next(ref doubles);
        for (int i = 0; i < answers.Length; i++)
            answers[i] = ReadOne(ref doubles, now);
    }

    private static BucketAnswer ReadOne(ref ReadOnlySpan<byte> doubles, long now)
    {
        int outcome = (int)Next(ref doubles);
        var state = new BucketState(Next(ref doubles), Next(ref doubles));
        return outcome == Damaged
            ? BucketAnswer.Failed(StoreFault.Damaged)
            : new BucketAnswer((BucketOutcome)outcome, state, now, DecisionSource.Redis);
    }

    private static Span<byte> Write(PendingTake take, Span<byte> to)
    {
        var rate = take.Quota.Rate;
        to = Write(take.Spend ? 1 : 0, to);
        to = Write(take.Quota.Capacity, to);
        to = Write(rate.UnitsPerToken, to);
        to = Write(rate.UnitsPerTick, to);
        to = Write(rate.TickUs, to);
        return Write(take.Cost, to);
    }

    private static Span<byte> Write(long number, Span<byte> to)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(to, number);
        return to[sizeof(double)..];
    }

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
