using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace Weir.Testing;

/// <summary>
/// What a Redis held when an earlier Weir used it, byte for byte (<c>test/Versions/1</c>). The times in it are moved to
/// now, since what it held would have expired.
/// </summary>
public sealed class PreviousRedis
{
    /// <summary>The policies that it was used with.</summary>
    public const string Policies =
        """
        defaultPlan: free
        plans:
          free:
            limits:
              per-key: { by: [key], rate: 1/day, burst: 10 }
              monthly: { by: [key], window: { limit: 100, every: month } }
          pro: { limits: { per-key: { by: [key], rate: 1/day, burst: 50 } } }
          streams:
            limits:
              per-key: { by: [key], rate: 1/day, burst: 10 }
              running: { by: [key], concurrency: { limit: 2, lease: 24h } }
        tenants:
          streams: { plan: streams }

        """;

    /// <summary>Times lie in the hour before it was captured, or within the day of a reservation.</summary>
    private const double BackUs = 3_600e6, AheadUs = 25 * 3_600e6;

    /// <summary>The end of the month in which it was captured, to which nothing else lies so near.</summary>
    private const double MonthEndUs = 1_796_083_200_000_000;

    private readonly double _capturedUs;
    private readonly double _shiftUs;
    private readonly double _monthEndUs;

    private PreviousRedis(JsonElement captured, double nowUs)
    {
        _capturedUs = captured.GetProperty("nowUs").GetDouble();
        _shiftUs = nowUs - _capturedUs;
        var now = DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(nowUs);
        var next = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        _monthEndUs = (next - DateTimeOffset.UnixEpoch).TotalMicroseconds;
        Reservation = captured.GetProperty("reservation").GetString()!;
        Running = captured.GetProperty("running").GetString()!;
        Once = captured.GetProperty("once").GetString()!;
    }

    /// <summary>The id of a reservation of 8 tokens of user_3 of globex.</summary>
    public string Reservation { get; }

    /// <summary>The id of a reservation that holds a permit of user_4 of streams.</summary>
    public string Running { get; }

    /// <summary>The answer to a take of 3 tokens of user_2 of globex under the idempotency key order-1.</summary>
    public string Once { get; }

    /// <summary>Has a server hold it.</summary>
    public static async Task<PreviousRedis> LoadAsync(ITestRedis server)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Endpoint);
        var database = connection.GetDatabase();
        string[] time = (string[])(await database.ExecuteAsync("TIME"))!;
        double nowUs = double.Parse(time[0], CultureInfo.InvariantCulture) * 1e6;
        using var captured = JsonDocument.Parse(Repository.Read("test/Versions/1/redis.json"));
        var previous = new PreviousRedis(captured.RootElement, nowUs);
        foreach (var key in captured.RootElement.GetProperty("keys").EnumerateArray())
            await previous.PutAsync(database, key);
        return previous;
    }

    private async Task PutAsync(IDatabase database, JsonElement captured)
    {
        string key = captured.GetProperty("key").GetString()!;
        var value = captured.GetProperty("value");
        switch (captured.GetProperty("type").GetString())
        {
            case "string":
                await database.StringSetAsync(key, Moved(value.GetString()!));
                break;
            case "zset":
                foreach (var holder in value.EnumerateObject())
                {
                    double untilUs = double.Parse(holder.Value.GetString()!, CultureInfo.InvariantCulture) + _shiftUs;
                    await database.SortedSetAddAsync(key, Convert.FromHexString(holder.Name), untilUs);
                }

                break;
            case "hash":
                foreach (var field in value.EnumerateObject())
                    await database.HashSetAsync(key, field.Name, Moved(field.Value.GetString()!));
                break;
            default:
                foreach (var item in value.EnumerateArray())
                    await database.ListRightPushAsync(key, item.GetString());
                break;
        }

        if (captured.GetProperty("ttlMs").GetInt64() is > 0 and var ttlMs)
            await database.KeyExpireAsync(key, TimeSpan.FromMilliseconds(ttlMs));
    }

    /// <summary>Moves every double that is a time. No other bytes in it look like one.</summary>
    private byte[] Moved(string hex)
    {
        byte[] value = Convert.FromHexString(hex);
        for (int at = 0; at + sizeof(double) <= value.Length; at++)
        {
            double number = BinaryPrimitives.ReadDoubleLittleEndian(value.AsSpan(at));
            bool isNear = number > _capturedUs - BackUs && number < _capturedUs + AheadUs;
            bool isTime = isNear && number == Math.Floor(number);
            if (isTime || number == MonthEndUs)
                BinaryPrimitives.WriteDoubleLittleEndian(value.AsSpan(at), isTime ? number + _shiftUs : _monthEndUs);
        }

        return value;
    }
}
