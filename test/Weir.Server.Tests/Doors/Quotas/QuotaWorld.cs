using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Quotas;

/// <summary>Instances with clients of one bucket, in virtual time, on one store.</summary>
internal sealed class QuotaWorld : IDisposable
{
    /// <summary>Duration of a step.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private static readonly RequestFacts Facts = new(RequestFacts.DefaultTenant, "some-key");

    private readonly (QuotaBucket Bucket, List<EnvoyClient> Clients)[] _instances;
    private readonly TimeSpan[] _next;
    private readonly DecisionMetrics _metrics = new();
    private readonly Random _random;
    private readonly List<(long Step, long Admitted)> _history = [];
    private long _step;

    public QuotaWorld(string limit, int instances, int seed)
    {
        _random = new Random(seed);
        var limiter = new RateLimiter(
            PolicyDocument.Parse($"defaultPlan: free\nplans: {{ free: {{ limits: {{ per-key: {limit} }} }} }}", "test"),
            Some.Memory(Time), Time);
        var log = new DecisionLog(new WeirOptions(), new ShownKeys(limiter.NameOf), Time, NullLogger<DecisionLog>.Instance);
        var decider = new Decider(limiter, new DecisionTelemetry(_metrics, log), Time);
        _instances =
        [
            .. Enumerable.Range(0, instances)
                .Select(_ => (new QuotaBucket(Facts, decider, limiter, Time, error => Error = error), new List<EnvoyClient>())),
        ];
        _next = new TimeSpan[instances];
    }

    public FakeTimeProvider Time { get; } = Some.Clock();

    public Random Random => _random;

    /// <summary>The last error that the log would have.</summary>
    public string? Error { get; private set; }

    public IEnumerable<EnvoyClient> Clients => _instances.SelectMany(instance => instance.Clients);

    public EnvoyClient Join(int instance, EnvoyClient client)
    {
        client.Subscription = _instances[instance].Bucket.Subscribe(client);
        _instances[instance].Clients.Add(client);
        client.ReportUsage();
        return client;
    }

    /// <summary>A crash: the stream ends, and the client goes on with what it has.</summary>
    public void Crash(EnvoyClient client)
    {
        foreach (var (bucket, _) in _instances.Where(instance => instance.Clients.Contains(client)))
            bucket.Unsubscribe(client.Subscription!);
        client.Subscription = null;
    }

    /// <summary>Plays one step: rounds that are due, then the requests of each client.</summary>
    public async Task PlayAsync(Func<EnvoyClient, double> requestsPerStep, TimeSpan reportEvery)
    {
        for (int i = 0; i < _instances.Length; i++)
        {
            if (_next[i] <= Step * _step)
                _next[i] = (Step * _step) + await _instances[i].Bucket.AssignAsync();
        }

        long before = Clients.Sum(client => client.Admitted);
        foreach (var client in Clients)
        {
            double requests = requestsPerStep(client);
            for (int n = (int)requests + (_random.NextDouble() < requests % 1 ? 1 : 0); n > 0; n--)
                client.Ask();
            if (client.Subscription is not null && _step % (reportEvery.Ticks / Step.Ticks) == 0)
                client.ReportUsage();
        }

        _history.Add((_step, Clients.Sum(client => client.Admitted) - before));
        Time.Advance(Step);
        _step++;
    }

    /// <summary>Returns the most that any interval admitted beyond capacity and refill (law L1).</summary>
    public double MostOver(double capacity, double perSecond)
    {
        // The largest sum of (admitted - refill) over intervals; the first step of an interval has no refill yet.
        double refill = perSecond * Step.TotalSeconds, most = double.MinValue, ending = 0;
        foreach (var (_, admitted) in _history)
        {
            ending = Math.Max(ending - refill, 0) + admitted;
            most = Math.Max(most, ending);
        }

        return most - capacity;
    }

    public void Dispose() => _metrics.Dispose();
}
