namespace Weir.Simulation.Worlds;

/// <summary>
/// A world in which Redis fails again and again, also while instances still come back from the outage before: whatever the
/// outages, one bucket admits at most one burst more than its law allows.
/// </summary>
internal sealed class SeriesHistory : IDisposable
{
    private static readonly string[] Keys = ["a", "b"];

    private readonly World _world;
    private readonly int _instances;
    private readonly TokenQuota _quota;

    /// <summary>The outages that instances noticed, each with its instance and its beginning and end.</summary>
    private readonly List<(World.Instance Instance, long BeganUs, long EndedUs)> _noticed = [];

    public SeriesHistory(int seed, Mistake mistake)
    {
        var random = new Random(~seed);
        _instances = random.Next(2, 6);
        int rate = random.Next(10, 150);
        _quota = random.Next(2) == 0
            ? TokenQuota.Create(1, TimeSpan.FromHours(1), random.Next(10, 200))
            : TokenQuota.Create(rate, TimeSpan.FromSeconds(1), random.Next(2 * _instances, 3 * rate));
        _world = new World(seed, new Plan("p", [new Limit("per-key", [Limit.KeyDimension], _quota)], OnOutage.Local), _instances, mistake);
        foreach (var instance in _world.Instances)
        {
            instance.Network.MostLatencyUs = random.Next(100, 1_200);
            long beganUs = 0;
            instance.Store.OutageBegan += _ => beganUs = _world.NowUs;
            instance.Store.OutageEnded += _ => _noticed.Add((instance, beganUs, _world.NowUs));
        }
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Lets it happen; what was wrong, or null.</summary>
    public string? Run()
    {
        foreach (var instance in _world.Instances)
            _world.Load(instance, _world.Random.Next(3_000, 11_000), Keys, _world.Random.Next(1, 4), long.MaxValue);
        Pass(300);
        // All know each other by now.
        LoseSettling(0.2);
        for (int i = _world.Random.Next(2, 9); i > 0; i--)
        {
            var cut = _world.Random.Next(2) == 0 ? Cut.Hanging : Cut.Refused;
            bool loses = cut == Cut.Refused && _world.Random.Next(4) == 0;
            Set(cut, 30);
            Pass(_world.Random.Next(60, 900));
            if (loses)
                _world.Redis.Forget();
            Set(Cut.None, 200);
            Pass(loses ? 1_500 : _world.Random.Next(20, 900));
        }

        Pass(1_000);
        _world.IsQuiet = true;
        LoseSettling(0);
        Pass(1_500);
        if (_world.Log.TokensOver(0, long.MaxValue, bursts: 2) - SharesBeside() is > 0 and var over)
            return $"L7: {over} tokens over two bursts, through outages in a row";
        if (_world.LateAnswer is { } late)
            return late;
        return _world.Instances.Find(instance => instance.Store.State != BreakerState.Closed || instance.Store.Owing > 20) is { } lost ? $"an instance does not come back: {lost.Store.State}, owes {lost.Store.Owing}"
            : null;
    }

    /// <summary>
    /// The shares of instances that noticed an outage beside instances that did not: these were cut off alone, and their
    /// shares come on top (docs/outages.md).
    /// </summary>
    private double SharesBeside()
    {
        var alone = _noticed.Where(outage => _world.Instances.Exists(peer => !_noticed.Exists(
            other => other.Instance == peer && other.BeganUs < outage.EndedUs && outage.BeganUs < other.EndedUs)));
        double perUs = _quota.Tokens / _quota.Period.TotalMicroseconds / _instances;
        return alone.Sum(outage => (outage.EndedUs - outage.BeganUs) * perUs);
    }

    private void LoseSettling(double part)
    {
        foreach (var instance in _world.Instances)
            instance.Network.SettlingLostAfter = part;
    }

    private void Set(Cut cut, int mostMs)
    {
        foreach (var instance in _world.Instances)
        {
            instance.Network.Cut = cut;
            Pass(_world.Random.Next(mostMs));
        }
    }

    private void Pass(int ms) => _world.Run(TimeSpan.FromMilliseconds(ms));
}
