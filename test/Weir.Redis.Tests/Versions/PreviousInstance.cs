using System.Buffers.Binary;
using System.Text;
using StackExchange.Redis;
using Weir.Testing;

namespace Weir.Redis.Tests.Versions;

/// <summary>An instance of the earlier version: its scripts, and its arguments where they were others.</summary>
internal sealed class PreviousInstance(IDatabase database)
{
    private const int RecordAt = 5 * sizeof(double);
    private const int BoundAt = RecordAt + (2 * sizeof(double));

    private static readonly string Decisions = Read("buckets.lua") + Read("decisions.lua");
    private static readonly string PermitDecisions = Read("permits.lua") + Read("decisions.lua");
    private static readonly string Heartbeats = Read("heartbeat.lua");

    private readonly RedisKeyFormat _keys = new("weir", null, new PartitionCount(1));

    /// <summary>Executes a command as the earlier version did.</summary>
    public async Task<BucketResult> AskAsync(BucketCommand command)
    {
        var take = PendingCommand.Of(command, trip: null);
        if (command.RecordKey is { } record)
            take.Arguments.Add(_keys.RecordOf(command.Limits.Facts.Tenant, record.Id));
        foreach (var limit in command.Limits)
            _keys.Write(command.Limits.Facts, limit, take.Arguments);
        take.WriteNumbers(redisUs: 0, horizonUs: 0, answerBytes: 0);
        var call = new ScriptCall(RedisScript.Buckets);
        ScriptFormat.Spell([take], call);
        bool hasPermits = command.Limits.Plan.HasPermits;
        byte[][] words = [.. Enumerable.Range(0, call.Count).Select(i => call[i].ToArray())];
        // Its script of buckets knew no holders, also where it knew records.
        if (call.Script == RedisScript.Whole && !hasPermits)
            words = [.. words[..(call.KeyCount + 1)], .. words[(call.KeyCount + 2)..]];
        if (command.RecordKey is not null)
            words[call.KeyCount] = WithoutBound(words[call.KeyCount]);
        byte[] reply = await RunAsync(hasPermits ? PermitDecisions : Decisions, call.KeyCount, words);
        var result = ScriptFormat.Read(reply, take);
        take.Discard();
        return result;
    }

    /// <summary>Sends a heartbeat, and returns the names of the instances that it tells of.</summary>
    public async Task<long[]> SendHeartbeatAsync(long name)
    {
        byte[] numbers = new byte[5 * sizeof(double)];
        double[] values = [name, (int)MemberPhase.Follows, 0, 7, 2_000_000];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(numbers.AsSpan(i * sizeof(double)), values[i]);
        byte[] reply = await RunAsync(Heartbeats, 1, [Encoding.UTF8.GetBytes("weir:{~0}:members"), numbers]);
        const int Head = 3 * sizeof(double), Size = 4 * sizeof(double);
        Assert.Equal(0, (reply.Length - Head) % Size);
        return
        [
            .. Enumerable.Range(0, (reply.Length - Head) / Size)
                .Select(i => (long)BinaryPrimitives.ReadDoubleLittleEndian(reply.AsSpan(Head + (i * Size)))),
        ];
    }

    private async Task<byte[]> RunAsync(string script, int keyCount, byte[][] words)
    {
        var keys = words[..keyCount].Select(key => (object)(RedisKey)key);
        return (byte[])(await database.ExecuteAsync("EVAL", [script, keyCount, .. keys, .. words[keyCount..]]))!;
    }

    /// <summary>The earlier version had no bound among the numbers of a record.</summary>
    private static byte[] WithoutBound(byte[] numbers)
    {
        byte[] without = [.. numbers[..BoundAt], .. numbers[(BoundAt + sizeof(double))..]];
        BinaryPrimitives.WriteDoubleLittleEndian(without.AsSpan(RecordAt - sizeof(double)), without.Length);
        return without;
    }

    private static string Read(string script) => Repository.Read($"test/Versions/1/{script}");
}
