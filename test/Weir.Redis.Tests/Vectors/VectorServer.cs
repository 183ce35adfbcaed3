using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using StackExchange.Redis;
using Weir.Testing;

namespace Weir.Redis.Tests.Vectors;

/// <summary>What came of a vector: the result, and for each key how long it lives by what was written.</summary>
internal sealed record VectorRun(
    BucketResult Result, string[] Keys, long?[] TtlsMs, string? RecordKey, long? RecordTtlMs);

/// <summary>A server that executes vectors, each with keys of its own.</summary>
public abstract class VectorServer(Func<Task<ITestRedis>> start) : IAsyncLifetime
{
    /// <summary>Fixes the time, and keeps keys from expiring before they are read. The script comes next.</summary>
    private const string Before = """
        local real, ttls = redis, {}
        local redis = { pcall = real.pcall }
        function redis.call(command, key, ...)
          if command == 'TIME' then
            return { '@SECONDS', '@MICROSECONDS' }
          elseif command == 'SET' then
            local value, _, ttl = ...
            ttls[key] = tonumber(ttl) and ttl
            return real.call('SET', key, value)
          elseif command == 'PEXPIRE' then
            ttls[key] = ...
            return 1
          end
          return real.call(command, key, ...)
        end
        local function script()

        """;

    private const string After = """

        end
        local replies = { script() }
        for i = 1, #KEYS do
          replies[i + 1] = ttls[KEYS[i]] or ''
        end
        return replies
        """;

    private ITestRedis _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private int _runs;

    private IDatabase Database => _connection.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        _server = await start();
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Executes a vector by the codec and the script that ship.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="edit">Plants a mistake in the script; null for none.</param>
    internal async Task<VectorRun> RunAsync(Vector vector, Func<string, string>? edit = null)
    {
        int run = Interlocked.Increment(ref _runs);
        string[] keys = [.. vector.Limits.Select((_, index) => $"{{v}}:{run}:{index}")];
        string? recordKey = vector.Record is null ? null : $"{{v}}:{run}:record";
        for (int i = 0; i < keys.Length; i++)
            await PutAsync(keys[i], vector.Limits[i].Before);
        if (vector.Record?.Before is { } before)
            await Database.StringSetAsync(recordKey, before.ToBytes());

        var take = TakeOf(vector, recordKey is null ? keys : [recordKey, .. keys]);
        var call = new ScriptCall(RedisScript.Buckets);
        ScriptFormat.Spell([take], call);
        var replies = (RedisResult[])(await Database.ExecuteAsync("EVAL", WordsOf(call, vector.NowUs, edit)))!;
        byte[] reply = (byte[])replies[0]!;
        Assert.Equal(ScriptFormat.LengthOf(take), reply.Length);
        var result = ScriptFormat.Read(reply, take);
        take.Discard();
        long?[] ttls = [.. replies.Skip(1).Select(ttl => TtlOf((string)ttl!))];
        return recordKey is null
            ? new(result, keys, ttls, null, null)
            : new(result, keys, ttls[1..], recordKey, ttls[0]);
    }

    /// <summary>What a key of a limit holds, in words.</summary>
    internal async Task<string> DescribeAsync(string key, long? ttlMs)
    {
        switch (await Database.KeyTypeAsync(key))
        {
            case RedisType.None:
                return "nothing";
            case RedisType.String:
                return Describe((byte[])(await Database.StringGetAsync(key))!, ttlMs);
            case RedisType.SortedSet:
                var holders = await Database.SortedSetRangeByRankWithScoresAsync(key);
                return Describe(holders.Select(holder => (IdOf((byte[])holder.Element!), (long)holder.Score)), ttlMs);
            default:
                return "list";
        }
    }

    internal async Task<string> DescribeRecordAsync(string key, long? ttlMs)
    {
        var value = await Database.StringGetAsync(key);
        return value.IsNull ? "nothing" : Convert.ToHexString((byte[])value!) + Describe(ttlMs);
    }

    /// <summary>The bytes of a bucket, in words.</summary>
    internal static string Describe(byte[] value, long? ttlMs)
    {
        if (value.Length != 28)
            return Convert.ToHexString(value);
        var numbers = MemoryMarshal.Cast<byte, double>(value.AsSpan(0, 24));
        float drain = BitConverter.ToSingle(value, 24);
        var words = new object[] { numbers[0], numbers[1], numbers[2], drain };
        return string.Format(CultureInfo.InvariantCulture, "{0:R} at {1:R}, {2:R}, {3:R}", words) + Describe(ttlMs);
    }

    internal static string Describe(IEnumerable<(UInt128 Id, long UntilUs)> permits, long? ttlMs) =>
        string.Join(' ', permits.Select(permit => $"{permit.Id}:{permit.UntilUs}")) + Describe(ttlMs);

    internal static string Describe(long? ttlMs) => ttlMs is { } ms ? $", {ms} ms" : "";

    internal static byte[] BytesOf(VectorState state) =>
    [
        .. BitConverter.GetBytes((double)state.Spent), .. BitConverter.GetBytes((double)state.At),
        .. BitConverter.GetBytes(state.Unit), .. BitConverter.GetBytes((float)state.Drain),
    ];

    private async Task PutAsync(string key, VectorState? state)
    {
        if (state is null)
            return;
        if (state.List)
            await Database.ListLeftPushAsync(key, "x");
        else if (state.Holders is null)
            await Database.StringSetAsync(key, state.Raw is null ? BytesOf(state) : Convert.FromHexString(state.Raw));
        foreach (var (id, untilUs) in state.Permits)
            await Database.SortedSetAddAsync(key, BytesOf(id), untilUs);
    }

    private static long? TtlOf(string ms) => ms.Length == 0 ? null : long.Parse(ms, CultureInfo.InvariantCulture);

    private static byte[] BytesOf(UInt128 id)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return bytes;
    }

    private static UInt128 IdOf(byte[] bytes) => BinaryPrimitives.ReadUInt128BigEndian(bytes);

    private static PendingCommand TakeOf(Vector vector, string[] keys)
    {
        var command = vector.ToCommand();
        var trip = LeaseTrip.Of(null, command);
        for (int i = 0; i < vector.Limits.Length; i++)
        {
            if (vector.Limits[i].Lease is { } lease)
                trip.Ask(i, new LeaseWish(lease.Tokens, lease.Back, lease.BackStampUs), 0);
        }

        var take = PendingCommand.Of(command, trip);
        take.MayHaveRun = true;
        foreach (string key in keys)
            take.Arguments.Add(Encoding.UTF8.GetBytes(key));
        take.WriteNumbers(vector.ClockUs == 0 ? vector.NowUs : vector.ClockUs, vector.HorizonUs, answerBytes: 0);
        return take;
    }

    private static object[] WordsOf(ScriptCall call, long nowUs, Func<string, string>? edit)
    {
        string script = Encoding.UTF8.GetString(call.Script.Text.Span);
        string text = Before.Replace("@SECONDS", $"{nowUs / 1_000_000}", StringComparison.Ordinal)
            .Replace("@MICROSECONDS", $"{nowUs % 1_000_000}", StringComparison.Ordinal)
            + (edit?.Invoke(script) ?? script) + After;
        var words = Enumerable.Range(0, call.Count).Select(i => call[i].ToArray()).ToArray();
        var keys = words[..call.KeyCount].Select(key => (object)(RedisKey)key);
        return [text, call.KeyCount, .. keys, .. words[call.KeyCount..]];
    }
}
