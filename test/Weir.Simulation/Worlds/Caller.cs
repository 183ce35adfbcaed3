namespace Weir.Simulation.Worlds;

/// <summary>
/// Sends all kinds of requests to one instance: takes, refunds of them, charges, takes under an idempotency key that are
/// repeated at any instance, and reservations that are committed by less or more, or canceled, at any instance.
/// </summary>
internal sealed class Caller(World world, World.Instance instance, CallerOptions options)
{
    private const int MostRepeats = 3;

    private readonly List<RequestFacts> _admittedAlone = [];
    private readonly Random _random = world.Random;
    private int _names;

    private string NextKey() => _random.Next(4) == 0 ? $"seldom{_random.Next(options.SeldomKeys)}" : options.Keys[_random.Next(options.Keys.Length)];

    private RequestFacts NextRequest() =>
        new(options.Tenant, NextKey(), _random.NextInt64(1, options.MostCost + 1), Costs: NextCosts(options.MostInUnit));

    /// <summary>Costs in another unit: up to so much, nothing in a third of the requests, or none at all.</summary>
    private Dictionary<string, long>? NextCosts(long most) =>
        most == 0 || _random.Next(3) == 0 ? null : new() { [CallerOptions.Unit] = _random.NextInt64(0, most + 1) };

    /// <summary>Sends requests for as long as the instance lives.</summary>
    public void Begin() => world.In((long)(-Math.Log(1 - _random.NextDouble()) * options.MeanUs) + 1, () =>
    {
        if (instance.IsDead || world.NowUs >= options.UntilUs)
            return;
        if (!instance.Clock.IsPaused)
            _ = SendAsync();
        Begin();
    });

    private Task SendAsync() => _random.Next(100) switch
    {
        < 56 => TakeAsync(),
        < 66 => RefundAsync(),
        < 71 => ChargeAsync(),
        < 83 => TakeOnceAsync(),
        _ => ReserveAsync(),
    };

    private Task<T> TimedAsync<T>(ValueTask<T> request) => world.TimedAsync(instance, options.Tenant, request.AsTask());

    private async Task TakeAsync()
    {
        var request = NextRequest();
        var decision = await TimedAsync(instance.Limiter.TakeAsync(request)).ConfigureAwait(false);
        if (decision.Allowed)
            (decision.Source == DecisionSource.Redis ? options.Admitted : _admittedAlone).Add(request);
    }

    /// <summary>Gives back what was taken, once: at any instance if Redis holds it, else where it may not be settled yet.</summary>
    private async Task RefundAsync()
    {
        var admitted = _random.Next(2) == 0 ? options.Admitted : _admittedAlone;
        if (admitted.Count == 0)
            return;
        int index = _random.Next(admitted.Count);
        var request = admitted[index];
        admitted.RemoveAt(index);
        await TimedAsync(instance.Limiter.RefundAsync(request)).ConfigureAwait(false);
    }

    private async Task ChargeAsync()
    {
        var request = NextRequest();
        // Some charges cost nothing but in the other unit.
        var limits = world.Policies.Current.Resolve(request.Costs is null ? request : request with { Cost = request.Cost - 1 });
        await TimedAsync(instance.Observed.AskAsync(new BucketCommand(limits, BucketOperation.Charge))).ConfigureAwait(false);
    }

    private async Task TakeOnceAsync()
    {
        var request = NextRequest();
        string name = $"{instance.Name}-{++_names}";
        var answer = await TimedAsync(instance.Limiter.TakeAsync(request, name)).ConfigureAwait(false);
        Repeat(request, name, answer, MostRepeats, isDoubted: false);
    }

    /// <summary>
    /// Repeats a take at any instance: soon after an answer without Redis, and then to the end, else every other time.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="name">Its idempotency key.</param>
    /// <param name="answer">The last answer; null if the key was another request's.</param>
    /// <param name="repeats">How often it may still be repeated.</param>
    /// <param name="isDoubted">True if an answer before the last one came without Redis.</param>
    private void Repeat(RequestFacts request, string name, Decision? answer, int repeats, bool isDoubted)
    {
        bool isDegraded = answer is not { Degraded: false };
        isDoubted |= isDegraded;
        if (repeats == 0 || (!isDoubted && _random.Next(2) != 0))
            return;
        int pauseUs = _random.Next(isDegraded ? 20_000 : 60_000);
        world.In(pauseUs, () => _ = RepeatAsync(request, name, repeats - 1, isDoubted));
    }

    private async Task RepeatAsync(RequestFacts request, string name, int repeats, bool isDoubted)
    {
        var other = world.Instances[_random.Next(world.Instances.Count)];
        if (other.Clock.IsPaused)
            return;
        var answer = await other.Limiter.TakeAsync(request, name).ConfigureAwait(false);
        Repeat(request, name, answer, repeats, isDoubted);
    }

    private async Task ReserveAsync()
    {
        var request = NextRequest();
        var life = TimeSpan.FromMilliseconds(_random.Next(50, 1_000));
        var reservation = await TimedAsync(instance.Reservations.ReserveAsync(request, life)).ConfigureAwait(false);
        if (reservation.Id is not { } id)
            return;
        // Half as much to twice as much, or nothing; now and then nobody settles it.
        long cost = _random.Next(3) == 0 ? 0 : _random.NextInt64(1, (2 * request.Cost) + 1);
        var costs = cost == 0 ? null : NextCosts(2 * options.MostInUnit);
        bool isLocal = id[0] == 'm';
        if (_random.Next(8) == 0)
            return;
        world.In(_random.Next(200_000), () =>
        {
            var other = isLocal ? instance : world.Instances[_random.Next(world.Instances.Count)];
            if (!other.Clock.IsPaused)
                _ = (cost == 0 ? other.Reservations.CancelAsync(id) : other.Reservations.CommitAsync(id, cost, costs: costs)).AsTask();
        });
    }
}

/// <summary>What a <see cref="Caller"/> sends.</summary>
/// <param name="Tenant">Whose buckets it asks.</param>
/// <param name="Keys">Keys that are asked for often.</param>
/// <param name="SeldomKeys">The number of keys that are seldom asked for.</param>
/// <param name="MeanUs">The average pause between requests, in microseconds.</param>
/// <param name="MostCost">The largest cost.</param>
/// <param name="UntilUs">When the caller goes, by the world's time.</param>
/// <param name="Admitted">The takes of all callers that Redis admitted and that were not given back.</param>
/// <param name="MostInUnit">The largest cost in <see cref="Unit"/>; 0 for none.</param>
internal sealed record CallerOptions(
    string Tenant, string[] Keys, int SeldomKeys, double MeanUs, long MostCost, long UntilUs, List<RequestFacts> Admitted,
    long MostInUnit)
{
    /// <summary>A unit other than requests, and the limit that counts it.</summary>
    public const string Unit = "tokens";
}
