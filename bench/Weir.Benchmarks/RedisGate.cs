using System.Globalization;
using StackExchange.Redis;
using Weir.Redis;
using Weir.Testing;

namespace Weir.Benchmarks;

/// <summary>
/// Fails when a decision that this instance makes by itself, by a lease or by a refusal that it remembers, allocates; or when one that Redis makes allocates more than its share of
/// the call that brought it there. Against a Redis of its own.
/// </summary>
internal static class RedisGate
{
    /// <summary>
    /// Bytes a decision of a crowd on its way to Redis, at most. What a call takes is in it, the client's part and ours, some 400 bytes, shared by all that it brings there; nothing of it is for one
    /// decision alone.
    /// </summary>
    private const double MostBytes = 40;

    /// <summary>Bytes of a decision that is alone on its way, at most: all that a call takes.</summary>
    private const double MostBytesAlone = 1_024;

    private const int Callers = 256;
    private const int Decisions = 200_000;
    private const int WarmUps = 3;

    private static readonly LimitSet Rare = Request(5, 10), Busy = Request(1_000_000, 1_000_000), Many = Request(1_000, 1_000_000);

    /// <summary>True when all is within its bounds. Without a redis-server nothing is measured, which is a failure only on a build machine.</summary>
    public static async Task<bool> RunAsync()
    {
        if (!RedisServer.IsAvailable)
        {
            Console.WriteLine("there is no redis-server: what decisions on Redis allocate was not measured");
            return Environment.GetEnvironmentVariable("CI") != "true";
        }

        await using var server = await RedisServer.StartAsync();
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(5));
        var facts = Subjects.Keys(20_000).Select(key => Subjects.FactsOf(key)).ToArray();
        bool[] clean =
        [
            Check("a take by a lease", await LocalBytesAsync(store, Busy, BucketOutcome.Allowed), 0),
            Check("a take that is refused by what is remembered", await LocalBytesAsync(store, Rare, BucketOutcome.Refused), 0),
            Check($"a take that asks Redis, {Callers} at once", await CrowdBytesAsync(store, facts, Callers), MostBytes),
            Check("a take that asks Redis, alone", await CrowdBytesAsync(store, facts, 1), MostBytesAlone),
        ];
        double client = await ClientBytesAsync(server.Endpoint);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"       of it the client: {client:0} bytes a call, however many decisions it brings"));
        return Array.TrueForAll(clean, one => one);
    }

    private static LimitSet Request(long perSecond, long capacity) =>
        new Plan("p", [new Limit("l", [Limit.KeyDimension], TokenQuota.Create(perSecond, TimeSpan.FromSeconds(1), capacity))], OnOutage.Local).Resolve(Subjects.FactsOf("one"));

    private static bool Check(string name, double bytes, double most)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(bytes <= most ? "ok    " : "FAILED")} {name}: {bytes:0.###} bytes a decision, at most {most:0}"));
        return bytes <= most;
    }

    /// <summary>Bytes a decision, of those only that were made without asking.</summary>
    private static async Task<double> LocalBytesAsync(RedisStore store, LimitSet request, BucketOutcome outcome)
    {
        for (int round = 0; ; round++)
        {
            long bytes = 0;
            int local = 0;
            while (local < Decisions)
            {
                if (TryLocally(store, request, outcome, ref bytes, out var asked))
                    local++;
                else
                    await asked;
            }

            if (round == WarmUps)
                return (double)bytes / local;
        }
    }

    private static bool TryLocally(RedisStore store, LimitSet request, BucketOutcome outcome, ref long bytes, out ValueTask<BucketResult> asked)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        asked = store.TakeAsync(request);
        if (!asked.IsCompletedSuccessfully)
            return false;
        var answer = asked.Result;
        long after = GC.GetAllocatedBytesForCurrentThread();
        asked = default;
        if (!answer.IsLocal || answer.Outcome != outcome)
            return false;
        bytes += after - before;
        return true;
    }

    private static async Task<double> CrowdBytesAsync(RedisStore store, RequestFacts[] facts, int callers)
    {
        int each = callers == 1 ? Decisions / 20 : Decisions / callers;
        for (int round = 0; ; round++)
        {
            var crowd = new Task[callers];
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int caller = 0; caller < callers; caller++)
                crowd[caller] = AskAsync(store, facts, each, (round * Decisions) + (caller * 71));
            await Task.WhenAll(crowd);
            long after = GC.GetTotalAllocatedBytes(precise: true);
            if (round == WarmUps)
                return (double)(after - before) / (each * callers);
        }
    }

    private static async Task AskAsync(RedisStore store, RequestFacts[] facts, int times, int from)
    {
        await Task.Yield();
        for (int i = 0; i < times; i++)
            await store.TakeAsync(Many with { Facts = facts[(from + i) % facts.Length] }).ConfigureAwait(false);
    }

    /// <summary>Bytes of a call of the client alone that asks for little.</summary>
    private static async Task<double> ClientBytesAsync(string endpoint)
    {
        const int Calls = 20_000;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(endpoint);
        var database = connection.GetDatabase();
        var words = new RedisKeyOrValue[] { (RedisValue)"return 'x'", (RedisValue)0 };
        for (int round = 0; ; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Calls; i++)
                (await database.ExecuteRespAsync("EVAL", words).ConfigureAwait(false)).Dispose();
            if (round == WarmUps)
                return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Calls;
        }
    }
}
