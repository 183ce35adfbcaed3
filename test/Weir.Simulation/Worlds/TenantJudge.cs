using System.Buffers.Binary;

namespace Weir.Simulation.Worlds;

/// <summary>When Redis, or a node of it, could not be reached.</summary>
/// <param name="FirstCutUs">When the first instance was cut off, by the world's time.</param>
/// <param name="BeganUs">When the last one was.</param>
/// <param name="CutOff">How many were.</param>
internal sealed record TroubleTimes(long FirstCutUs, long BeganUs, int CutOff)
{
    public static readonly TroubleTimes Never = new(long.MaxValue, long.MaxValue, 0);
}

/// <summary>Holds what was done to a tenant's buckets in a <see cref="MixHistory"/> to the laws.</summary>
/// <param name="world">The world.</param>
/// <param name="tenant">The tenant.</param>
/// <param name="plan">Its plan.</param>
/// <param name="trouble">The trouble of the tenant's node; of a node that is well, none.</param>
/// <param name="times">When the node could not be reached.</param>
internal sealed class TenantJudge(World world, WorldTenant tenant, Plan plan, Trouble trouble, TroubleTimes times)
{
    private readonly WorldLog _log = tenant.Log;

    /// <summary>True if nothing comes back by itself, so that Redis holds all that was spent.</summary>
    public bool KnowsAll { get; init; }

    /// <summary>Bytes that the tenant's stored answers may take.</summary>
    public long AnswerBytes { get; init; } = long.MaxValue;

    /// <summary>Returns what was wrong, or null.</summary>
    public string? Judge() =>
        JudgeCalm() ?? JudgeAdmissions() ?? JudgePermits() ?? JudgeRedis() ?? JudgeAnswers() ?? tenant.Repeats.Wrong;

    private bool IsCalm => trouble == Trouble.None;

    private bool IsOutage => trouble is Trouble.Outage or Trouble.EmptyOutage;

    private bool IsCut => IsOutage || trouble == Trouble.Cut;

    /// <summary>True if memory decided instead of Redis: then its share comes on top (docs/outages.md).</summary>
    private bool DecidedAlone => IsCut || _log.HasMissed;

    /// <summary>
    /// Takes and charges that are not settled, since there was no room to keep a note. Their largest cost is three tokens
    /// of a limit that multiplies it by three.
    /// </summary>
    private long Lost => IsCalm ? 0 : 3 * 3 * world.Instances.Sum(instance => instance.Store.Lost);

    /// <summary>A node that is well decides all requests for its buckets, and no other node delays one.</summary>
    private string? JudgeCalm()
    {
        if (!IsCalm)
            return null;
        if (_log.Missed + _log.Doubts is > 0 and var missed)
            return $"L6: {missed} requests of {tenant.Name} were decided without Redis, which was well";
        // A batch before it, then its own call, each of them once more for the script and for the windows of now.
        long latestUs = 2 * 3 * 2 * world.Instances.Max(instance => instance.Networks[tenant.Node].MostLatencyUs);
        return tenant.LongestUs > latestUs
            ? $"L6: somebody waited for {tenant.LongestUs} us for {tenant.Name}, whose node was well"
            : null;
    }

    private string? JudgeAdmissions()
    {
        // Percents, rounded up.
        int instances = world.Instances.Count;
        int more = trouble == Trouble.Cut ? ((100 * times.CutOff) + instances - 1) / instances : 0;
        int bursts = DecidedAlone ? 2 : 1;
        if (_log.TokensOver(0, long.MaxValue, more, bursts) - Lost is > 0 and var over)
            return $"L1: {over} tokens of {tenant.Name} {_log.Worst} over {bursts} bursts";
        if (IsCut && _log.TokensOver(times.BeganUs, long.MaxValue, more) - Lost is > 0 and var since)
            return $"L7: {since} tokens of {tenant.Name} {_log.Worst} over since the outage began";
        return IsCut && _log.TokensOver(0, times.FirstCutUs) is > 0 and var before
            ? $"L1: {before} tokens of {tenant.Name} {_log.Worst} over before the outage"
            : null;
    }

    private string? JudgePermits()
    {
        long most = tenant.Permits.Most(), bound = DecidedAlone ? 4 + Math.Max(4, world.Instances.Count) : 4;
        return most > bound ? $"L1: {most} permits of {tenant.Name} were held, of at most {bound}" : null;
    }

    /// <summary>What was spent is in Redis, no more and no less, as far as it can be known.</summary>
    private string? JudgeRedis()
    {
        bool isSettled = IsCalm || world.Instances.TrueForAll(instance => instance.Store is { Lost: 0, Owing: 0 });
        // Late takes whose undoing Redis did not confirm may stay charged; they are counted.
        bool keepsLate = !IsCalm && world.Instances.Exists(instance => instance.Redis.LateLost > 0);
        foreach (var (limit, key) in isSettled && KnowsAll ? BucketsAsked() : [])
        {
            long held = Held(limit, key), doubtful = _log.Doubtful(limit, key);
            long fromUs = trouble == Trouble.EmptyOutage ? times.BeganUs : 0;
            long least = _log.Tokens(limit, key, fromUs) - doubtful;
            if (held < least)
                return $"L7: Redis holds {held} of the {least} tokens of {tenant.Name} {limit.Name} {key} that were spent";
            long most = _log.Tokens(limit, key) + doubtful + (IsCut ? _log.Unanswered(limit, key) : 0);
            if (held > most && trouble != Trouble.EmptyOutage && !keepsLate)
                return $"L2: Redis holds {held} tokens of {tenant.Name} {limit.Name} {key}, and {most} were spent";
        }

        return null;
    }

    /// <summary>The account of stored answers counts those that are there, and they are within their bound.</summary>
    private string? JudgeAnswers()
    {
        var answers = StoredAnswers.In(tenant.Redis, tenant.Name);
        return answers.Counted != answers.Stored ? $"L10: {answers.Counted} bytes of {answers.Stored} are counted for {tenant.Name}"
            : answers.Stored > AnswerBytes ? $"L10: {answers.Stored} bytes of {AnswerBytes} are stored for {tenant.Name}"
            : null;
    }

    private IEnumerable<(Limit Limit, string Key)> BucketsAsked() =>
        from limit in plan.Limits where limit.Quota is TokenQuota from key in _log.KeysOf(limit) select (limit, key);

    private long Held(Limit limit, string key)
    {
        if (tenant.Redis.Get($"weir:{{{tenant.Name}}}:{limit.Name}:{key}") is not { } value)
            return 0;
        long unit = limit.Quota.Rate.UnitsPerToken;
        return ((long)BinaryPrimitives.ReadDoubleLittleEndian(value) + (unit / 2)) / unit;
    }
}
