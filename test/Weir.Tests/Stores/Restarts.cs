using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Stores;

/// <summary>
/// A limiter in memory that stops and starts again from its snapshot, with a monotonic clock that begins anew.
/// </summary>
internal sealed class Restarts : IDisposable
{
    public static readonly TimeSpan ReservationLife = TimeSpan.FromMinutes(10);

    /// <summary>Slow enough that no token comes back in a test.</summary>
    private static readonly PolicySet Policies = PolicyDocument.Parse(
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { rate: 10/h, burst: 1x } } }
          streams: { limits: { per-key: { rate: 100/h, burst: 1x }, streams: { concurrency: { limit: 2, lease: 60s } } } }
        tenants:
          acme: { plan: streams }
          globex: { plan: free }
        """,
        "test");

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-snapshot-").FullName;
    private readonly int _maxKeys;

    public Restarts(int maxKeys = 1024)
    {
        _maxKeys = maxKeys;
        Begin(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), maxKeys);
    }

    public FakeTimeProvider Time { get; private set; } = null!;

    public MemoryStore Store { get; private set; } = null!;

    public RateLimiter Limiter { get; private set; } = null!;

    public Reservations Reservations { get; private set; } = null!;

    public SnapshotFile File => new(Path);

    public string Path => System.IO.Path.Combine(_folder, "snapshot");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Stops in order and starts again.</summary>
    /// <param name="away">How long it was away.</param>
    /// <param name="step">By how much somebody set the wall clock meanwhile.</param>
    /// <param name="maxKeys">Another size of the new store.</param>
    public SnapshotRead Restart(TimeSpan away = default, TimeSpan step = default, int? maxKeys = null)
    {
        File.Write(Store);
        return Kill(away, step, maxKeys);
    }

    /// <summary>Starts again from the last snapshot.</summary>
    public SnapshotRead Kill(TimeSpan away = default, TimeSpan step = default, int? maxKeys = null)
    {
        Begin(Time.GetUtcNow() + away + step, maxKeys ?? _maxKeys);
        return File.Read(Store)!;
    }

    public Decision Take(string tenant, string key, long cost = 1) =>
        Limiter.TakeAsync(new RequestFacts(tenant, key, cost)).Result;

    public Decision? TakeOnce(string idempotencyKey, string tenant, string key, long cost = 1) =>
        Limiter.TakeAsync(new RequestFacts(tenant, key, cost), idempotencyKey).Result;

    public Reservation Reserve(string tenant, string key, long cost = 1, string? idempotencyKey = null) =>
        Reservations.ReserveAsync(new RequestFacts(tenant, key, cost), ReservationLife, idempotencyKey).Result;

    /// <summary>Tokens left of a key.</summary>
    public long Left(string tenant, string key) => Limiter.CheckAsync(new RequestFacts(tenant, key, 0))
        .Result.Limits()[0].Remaining;

    /// <summary>Whether a key's permits leave room for another one.</summary>
    public bool HasPermit(string tenant, string key) => Limiter.CheckAsync(new RequestFacts(tenant, key))
        .Result.Allowed;

    private void Begin(DateTimeOffset now, int maxKeys)
    {
        Time = new FakeTimeProvider(now);
        Store = new MemoryStore(new MemoryStoreOptions { MaxKeys = maxKeys }, Time);
        Limiter = new RateLimiter(Policies, Store, Time);
        Reservations = new Reservations(Limiter, Store, Store);
    }
}
