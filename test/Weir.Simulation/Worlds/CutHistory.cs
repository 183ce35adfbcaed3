namespace Weir.Simulation.Worlds;

/// <summary>
/// A world in which some instances see Redis and some do not, messages are lost and slow, and instances crash and come as new: what is admitted is one bucket, and beside it the share of
/// each that was cut off.
/// </summary>
internal sealed class CutHistory : IDisposable
{
    private static readonly string[] Keys = ["a", "b"];

    private readonly World _world;
    private readonly int _instances;
    private readonly int _cutOff;

    public CutHistory(int seed, Mistake mistake)
    {
        var random = new Random(~seed);
        _instances = random.Next(2, 6);
        _cutOff = random.Next(1, _instances);
        int rate = random.Next(20, 300);
        var quota = TokenQuota.Create(rate, TimeSpan.FromSeconds(1), random.Next(Math.Max(2 * _instances, rate / 4), 2 * rate));
        _world = new World(seed, new Plan("p", [new Limit("per-key", [Limit.KeyDimension], quota)], OnOutage.Local), _instances, mistake);
        foreach (var instance in _world.Instances)
            instance.Network.MostLatencyUs = random.Next(100, 1_200);
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Lets it happen; what was wrong, or null.</summary>
    public string? Run()
    {
        foreach (var instance in _world.Instances)
            Load(instance);
        Pass(300);
        long cutUs = _world.NowUs;
        var cut = _world.Random.Next(2) == 0 ? Cut.Refused : Cut.Hanging;
        foreach (var instance in _world.Instances.Take(_cutOff))
            instance.Network.Cut = cut;
        Pass(_world.Random.Next(300, 2_000));
        foreach (var instance in _world.Instances)
            instance.Network.Cut = Cut.None;
        PassQuietly(1_000, 1_500);
        string? verdict = Judge(cutUs);
        if (verdict is not null)
            return verdict;
        Disturb();
        PassQuietly(1_000, 2_500);
        return JudgeEnd();
    }

    private void Load(World.Instance instance) =>
        _world.Load(instance, _world.Random.Next(3_000, 10_000), Keys, _world.Random.Next(1, 3), long.MaxValue);

    private void Pass(int ms) => _world.Run(TimeSpan.FromMilliseconds(ms));

    private void PassQuietly(int busyMs, int quietMs)
    {
        Pass(busyMs);
        _world.IsQuiet = true;
        Pass(quietMs);
        _world.IsQuiet = false;
    }

    /// <summary>Messages are lost and slow, and one instance crashes and comes as new.</summary>
    private void Disturb()
    {
        foreach (var instance in _world.Instances)
            (instance.Network.LostBefore, instance.Network.LostAfter, instance.Network.MostLatencyUs) = (0.05, 0.05, 12_000);
        _world.Crash(_world.Instances[0]);
        var fresh = _world.Begin(_instances);
        _world.Instances.Add(fresh);
        Load(fresh);
        Pass(1_000);
        foreach (var instance in _world.Instances)
            (instance.Network.LostBefore, instance.Network.LostAfter, instance.Network.MostLatencyUs) = (0, 0, 1_000);
    }

    private string? Judge(long cutUs)
    {
        if (_world.Log.TokensOver(0, cutUs) is > 0 and var before)
            return $"L1: {before} tokens over before anything was cut";
        // Percents, rounded up.
        int more = ((100 * _cutOff) + _instances - 1) / _instances;
        if (_world.Log.TokensOver(cutUs, long.MaxValue, more) is > 0 and var over)
            return $"L7: {over} tokens over a bucket and {_cutOff} of {_instances} shares";
        return _world.LateAnswer;
    }

    /// <summary>Whatever happens, all instances together hand out no more than the bucket and all shares of it.</summary>
    private string? JudgeEnd()
    {
        if (_world.Log.TokensOver(0, long.MaxValue, more: 100) is > 0 and var over)
            return $"L7: {over} tokens over twice the bucket";
        if (_world.LateAnswer is { } late)
            return late;
        foreach (var instance in _world.Instances)
        {
            var store = instance.Store;
            if (store.State != BreakerState.Closed || store.Owing > 20 || store.Instances != _instances)
                return $"an instance does not come back: {store.State}, owes {store.Owing}, knows {store.Instances} of {_instances}";
        }

        return null;
    }
}
