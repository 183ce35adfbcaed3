using System.Buffers.Binary;
using RESPite.Messages;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Speaks to <c>take.lua</c>: spells what is asked and reads what is replied, as the script's header says.</summary>
internal static class TakeScript
{
    private const int AskFields = 6;
    private const int ReplyFields = 3;
    private const int Damaged = 3;

    private static readonly string Text = Load();

    /// <summary>Sends a batch and waits for its reply. Everything of it is one script call; the client loads the script where it is missing.</summary>
    public static RespResult Send(IDatabase database, ReadOnlySpan<PendingTake> batch)
    {
        var keys = new RedisKey[batch.Length];
        var asks = new byte[batch.Length * AskFields * sizeof(double)];
        var rest = asks.AsSpan();
        for (int i = 0; i < batch.Length; i++)
        {
            keys[i] = batch[i].Key;
            rest = Write(batch[i], rest);
        }

        return database.ScriptEvaluateResp(Text, keys, new RedisValue[] { asks }, CommandFlags.DemandMaster);
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

    private static string Load()
    {
        using var stream = typeof(TakeScript).Assembly.GetManifestResourceStream("take.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
