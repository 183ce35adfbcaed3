using System.Buffers.Binary;

namespace Weir.Simulation.Worlds;

/// <summary>A world in which Redis is well: several limits a request, leases, refusals that are remembered, a script that is forgotten now and then.</summary>
internal sealed class CalmHistory : IDisposable
{
    private static readonly string[] Keys = ["a", "b", "c"];

    private readonly World _world;
    private readonly Plan _plan;

    public CalmHistory(int seed, Mistake mistake)
    {
        var random = new Random(~seed);
        _plan = new Plan(
            "p",
            [
                new Limit("per-key", [Limit.KeyDimension], TokenQuota.Create(1, TimeSpan.FromHours(1), random.Next(10, 1_000))),
                new Limit("all", Array.Empty<string>(), TokenQuota.Create(random.Next(1, 3), TimeSpan.FromHours(1), random.Next(10, 1_500))),
                new Limit("watched", [Limit.KeyDimension], TokenQuota.Create(1, TimeSpan.FromHours(1), random.Next(10, 1_000))) { Mode = LimitMode.Shadow },
            ],
            OnOutage.Local);
        _world = new World(seed, _plan, random.Next(1, 5), mistake);
        foreach (var instance in _world.Instances)
        {
            instance.Network.MostLatencyUs = random.Next(100, 1_200);
            _world.Load(instance, random.Next(300, 3_000), Keys, random.Next(1, 4), _world.NowUs + 1_000_000);
        }
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Lets it happen; what was wrong, or null.</summary>
    public string? Run()
    {
        for (int i = 0; i < 5; i++)
        {
            _world.Run(TimeSpan.FromMilliseconds(200));
            _world.Redis.ForgetScripts();
        }

        // All leases end, and what was not used goes back.
        _world.Run(TimeSpan.FromMilliseconds(500));
        return _world.Open > 0 ? $"L6: {_world.Open} requests are open" : Judge();
    }

    private string? Judge()
    {
        foreach (var limit in _plan.Limits)
        {
            foreach (string key in limit.Dimensions.IsEmpty ? [""] : Keys)
            {
                long held = Held(limit, key), admitted = _world.Log.Tokens(limit, key);
                if (limit.Mode == LimitMode.Enforce && held != admitted)
                    return $"L2: {held} tokens are spent of {limit.Name} {key}, and {admitted} were admitted";
                if (held > limit.Quota.Capacity)
                    return $"L1: {held} tokens are spent of {limit.Name} {key}, which has {limit.Quota.Capacity}";
            }
        }

        return null;
    }

    /// <summary>Whole tokens: the little that came back meanwhile is none, nor is what a lease of an empty bucket raised it by.</summary>
    private long Held(Limit limit, string key)
    {
        if (_world.Redis.Get("weir:{t}:" + limit.Name + (key.Length > 0 ? ":" + key : "")) is not { } value)
            return 0;
        long unit = limit.Quota.Rate.UnitsPerToken;
        return ((long)BinaryPrimitives.ReadDoubleLittleEndian(value) + (unit / 2)) / unit;
    }
}
