using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;
using Weir.Redis;

namespace Weir.Benchmarks;

/// <summary>
/// What decisions cost a Redis, by its own counts: its processor's time beside a plain bucket's, its script calls for a busy key, the bytes of a bucket. And how fast one
/// busy key is through <see cref="RedisStore"/> beside memory. Pairs in one run, medians.
/// </summary>
internal sealed class RedisProbe : IAsyncDisposable
{
    private const int Rounds = 9;
    private const int Callers = 256;
    private const int Decisions = 100_000;
    private const int Keys = 1_000_000;

    private readonly ConnectionMultiplexer _admin;
    private readonly string _endpoint;

    private RedisProbe(ConnectionMultiplexer admin, string endpoint) => (_admin, _endpoint) = (admin, endpoint);

    public static async Task RunAsync(string endpoint)
    {
        await using var probe = new RedisProbe(await ConnectionMultiplexer.ConnectAsync(endpoint + ",allowAdmin=true"), endpoint);
        await probe.BytesAsync();
        await probe.CpuAsync(10_000);
        await probe.CpuAsync(Keys);
        await probe.CallsAsync();
        await probe.SpeedAsync();
    }

    public async ValueTask DisposeAsync() => await _admin.DisposeAsync();

    private async Task<RedisStore> OpenAsync()
    {
        var store = new RedisStore(new RedisOptions { Endpoints = _endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(5));
        return store;
    }

    private static LimitSet Request(string key, long perSecond = 5, long capacity = 10) =>
        new Plan("p", [new Limit("per-key", [Limit.KeyDimension], TokenQuota.Create(perSecond, TimeSpan.FromSeconds(1), capacity))], OnOutage.Local)
            .Resolve(new RequestFacts(RequestFacts.DefaultTenant, key));

    /// <summary>Bytes of a bucket under a key of 20 bytes, beside a hash of two fields.</summary>
    private async Task BytesAsync()
    {
        await using var store = await OpenAsync();
        await store.TakeAsync(Request("9_bytes__"));
        var database = _admin.GetDatabase();
        string ours = (string)(await database.ExecuteAsync("KEYS", "weir:{default}:per-key:9_bytes__"))!;
        var bucket = await database.StringGetAsync(ours);
        const string Key = "a-key-of-20-bytes-00";
        await database.StringSetAsync(Key, bucket, TimeSpan.FromMinutes(1));
        await database.HashSetAsync("a-key-of-20-bytes-01", [new("spent", 1_000_000), new("at", 1_767_225_600_000_000)]);
        await database.KeyExpireAsync("a-key-of-20-bytes-01", TimeSpan.FromMinutes(1));
        Say($"bytes a bucket, key of 20 bytes: {await database.ExecuteAsync("MEMORY", "USAGE", Key)}, a hash of two fields {await database.ExecuteAsync("MEMORY", "USAGE", "a-key-of-20-bytes-01")}");
    }

    private async Task CpuAsync(int keys)
    {
        await using var store = await OpenAsync();
        var plain = new PlainBucket(_admin.GetDatabase());
        var requests = Enumerable.Range(0, Keys).Select(i => new RequestFacts(RequestFacts.DefaultTenant, $"user_{i % keys}")).ToArray();
        var set = Request("k");
        var (ours, theirs, ratios) = (new List<double>(), new List<double>(), new List<double>());
        var random = new Random(1);
        for (int round = 0; round <= Rounds; round++)
        {
            int[] drawn = [.. Enumerable.Range(0, Decisions).Select(_ => random.Next(Keys))];
            double one = await CpuOfAsync(drawn, i => store.TakeAsync(set with { Facts = requests[i] }));
            double other = await CpuOfAsync(drawn, async i => _ = await plain.TakeAsync(requests[i].Key));
            if (round == 0)
                continue;
            ours.Add(one);
            theirs.Add(other);
            ratios.Add(one / other);
        }

        Say($"Redis' processor a decision, {keys:N0} keys alike, {Callers} callers: {Median(ours):0.00} us, plain {Median(theirs):0.00} us; {Spread(ratios)}");
    }

    private async Task<double> CpuOfAsync<T>(int[] drawn, Func<int, ValueTask<T>> decide) =>
        await CpuOfAsync(drawn, async i => { await decide(i); });

    /// <summary>Microseconds of Redis' processor a decision.</summary>
    private async Task<double> CpuOfAsync(int[] drawn, Func<int, Task> decide)
    {
        double before = await CpuAsync();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (int i = caller; i < drawn.Length; i += Callers)
                await decide(drawn[i]);
        })));
        return (await CpuAsync() - before) * 1e6 / drawn.Length;
    }

    private async Task<double> CpuAsync()
    {
        var cpu = (await _admin.GetServers()[0].InfoAsync("cpu"))[0].ToDictionary(pair => pair.Key, pair => pair.Value);
        return double.Parse(cpu["used_cpu_user"], CultureInfo.InvariantCulture) + double.Parse(cpu["used_cpu_sys"], CultureInfo.InvariantCulture);
    }

    /// <summary>Script calls a decision of one key that has plenty, asked for at four instances, 12,500 times a second each.</summary>
    private async Task CallsAsync()
    {
        const int Instances = 4;
        const double PerMs = 12.5;
        var request = Request("busy", 100_000, 200_000);
        RedisStore[] stores = [await OpenAsync(), await OpenAsync(), await OpenAsync(), await OpenAsync()];
        long decided = 0, refused = 0;
        await _admin.GetServers()[0].ExecuteAsync("CONFIG", "RESETSTAT");
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(stores.Select(store => Task.Run(async () =>
        {
            for (double due = 0; due < 5_000; due = Stopwatch.GetElapsedTime(began).TotalMilliseconds)
            {
                // What fell due while this slept is asked for at once: the rate holds.
                long owed = (long)((Stopwatch.GetElapsedTime(began).TotalMilliseconds * PerMs) - (Interlocked.Read(ref decided) / Instances));
                for (; owed > 0; owed--)
                {
                    refused += (await store.TakeAsync(request)).Outcome == BucketOutcome.Allowed ? 0 : 1;
                    Interlocked.Increment(ref decided);
                }

                await Task.Delay(1);
            }
        })));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        string stats = (string)(await _admin.GetDatabase().ExecuteAsync("INFO", "commandstats"))!;
        long calls = stats.Split('\n').Where(line => line.StartsWith("cmdstat_eval", StringComparison.Ordinal)).Sum(line => long.Parse(line.Split("calls=")[1].Split(',')[0], CultureInfo.InvariantCulture));
        Say($"script calls a decision, one busy key at {Instances} instances, {decided / seconds:N0}/s: {(double)calls / decided:0.0000} ({refused} refused)");
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    /// <summary>Takes of one busy key a second, through the store on Redis and in memory, on one thread and on all cores.</summary>
    private async Task SpeedAsync()
    {
        await using var store = await OpenAsync();
        var memory = new MemoryStore(new MemoryStoreOptions { MaxKeys = 1_000 }, TimeProvider.System);
        var request = Request("hot", 100_000_000, 100_000_000);
        foreach (int threads in new[] { 1, Environment.ProcessorCount })
        {
            var (ours, theirs, ratios) = (new List<double>(), new List<double>(), new List<double>());
            for (int round = 0; round <= Rounds; round++)
            {
                double one = await SpeedOfAsync(store, request, threads), other = await SpeedOfAsync(memory, request, threads);
                if (round == 0)
                    continue;
                ours.Add(one);
                theirs.Add(other);
                ratios.Add(one / other);
            }

            Say($"takes of one busy key, {threads} thread(s): {Median(ours):N0}/s through Redis ({(double)store.DecidedLocally / _takes:0.0000} of all without asking), {Median(theirs):N0}/s in memory; {Spread(ratios)}");
        }
    }

    private long _takes;

    private async Task<double> SpeedOfAsync(IBucketStore store, LimitSet request, int threads)
    {
        const int Takes = 1_000_000;
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(async () =>
        {
            for (int i = Takes / threads; i > 0; i--)
            {
                if ((await store.TakeAsync(request).ConfigureAwait(false)).Fault != StoreFault.None)
                    throw new InvalidOperationException("the store did not answer");
            }
        })));
        _takes += store is RedisStore ? Takes : 0;
        return Takes / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static double Median(List<double> all) => all.Order().ElementAt(all.Count / 2);

    private static string Spread(List<double> ratios) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):0.00} times, median of {ratios.Count} pairs ({ratios.Min():0.00} to {ratios.Max():0.00})");

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
