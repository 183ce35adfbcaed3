using System.Globalization;
using StackExchange.Redis;

namespace Weir.Scaling;

/// <summary>
/// What calls cost a real Redis, by its own count of its processor time: calls of the store that ships are written down and sent there, as many decisions in each as is asked for.
/// </summary>
internal sealed class CostProbe : IAsyncDisposable
{
    private const int Calls = 400;
    private const int Rounds = 20;

    private readonly ConnectionMultiplexer _connection;
    private readonly IServer _server;

    private CostProbe(ConnectionMultiplexer connection) => (_connection, _server) = (connection, connection.GetServers()[0]);

    public static async Task<CostProbe> ConnectAsync(string endpoint) => new(await ConnectionMultiplexer.ConnectAsync(endpoint + ",allowAdmin=true").ConfigureAwait(false));

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Microseconds a call of so many decisions, each about a key of its own.</summary>
    /// <param name="decisions">In a call.</param>
    /// <param name="atOnce">Calls under way: 1 for a Redis that sleeps in between, which costs it more.</param>
    public async Task<double> CallUsAsync(int decisions, int atOnce)
    {
        await _server.FlushDatabaseAsync().ConfigureAwait(false);
        var calls = CallRecorder.Record(Calls, decisions);
        return await MeasureAsync([.. Enumerable.Repeat(calls, Math.Max(1, Rounds / decisions)).SelectMany(some => some)], atOnce).ConfigureAwait(false);
    }

    /// <summary>Microseconds a heartbeat, of so many instances.</summary>
    public async Task<double> HeartbeatUsAsync(int instances)
    {
        await _server.FlushDatabaseAsync().ConfigureAwait(false);
        var keys = Heartbeat.KeysOf("weir", 0);
        string settings = FleetSettings.Of(new RedisOptions(), partitions: 1);
        var calls = Enumerable.Range(1, instances)
            .Select(name => Heartbeat.Call(keys, name, MemberPhase.Follows, 0, 1, 3_600_000_000, settings, settings))
            .ToArray();
        await MeasureAsync(calls, 1).ConfigureAwait(false);
        return await MeasureAsync([.. Enumerable.Repeat(calls, Math.Max(1, 2_000 / instances)).SelectMany(some => some)], 8).ConfigureAwait(false);
    }

    /// <summary>Bytes of a bucket by MEMORY USAGE, beside those of a hash of two fields under the same key.</summary>
    public async Task<string[]> BucketsAsync()
    {
        var database = _connection.GetDatabase();
        string key = _server.Keys(pattern: "weir:{t}:*").Select(any => (string)any!).First();
        long bytes = (long)await database.ExecuteAsync("MEMORY", "USAGE", key).ConfigureAwait(false);
        await database.KeyDeleteAsync(key).ConfigureAwait(false);
        await database.HashSetAsync(key, [new("tokens", "9.87654321"), new("at", "1767225600.123456")]).ConfigureAwait(false);
        await database.KeyExpireAsync(key, TimeSpan.FromSeconds(100)).ConfigureAwait(false);
        long hash = (long)await database.ExecuteAsync("MEMORY", "USAGE", key).ConfigureAwait(false);
        return [$"{key}: {bytes} bytes", $"a hash of two fields there: {hash} bytes"];
    }

    private async Task<double> MeasureAsync(ScriptCall[] calls, int atOnce)
    {
        var wire = new RedisWire(_connection);
        await wire.Send(calls[0], withText: true).Arrival.ConfigureAwait(false);
        double before = await CpuUsAsync().ConfigureAwait(false);
        foreach (var some in calls.Chunk(atOnce))
            await Task.WhenAll(some.Select(call => wire.Send(call, withText: false).Arrival)).ConfigureAwait(false);
        return (await CpuUsAsync().ConfigureAwait(false) - before) / calls.Length;
    }

    private async Task<double> CpuUsAsync()
    {
        var cpu = (await _server.InfoAsync("cpu").ConfigureAwait(false)).SelectMany(section => section);
        return 1e6 * cpu.Where(field => field.Key is "used_cpu_sys" or "used_cpu_user").Sum(field => double.Parse(field.Value, CultureInfo.InvariantCulture));
    }
}
