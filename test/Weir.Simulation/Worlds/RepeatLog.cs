namespace Weir.Simulation.Worlds;

/// <summary>
/// The answers of Redis to takes under an idempotency key. Once Redis has allowed a take, it gives that answer to all
/// who repeat it, at any instance (law L8). A refusal is not stored, so Redis may allow the take later.
/// </summary>
internal sealed class RepeatLog
{
    private readonly Dictionary<UInt128, BucketResult> _allowed = [];
    private readonly Dictionary<UInt128, long> _refusedUs = [];

    /// <summary>What was wrong first; null if nothing was.</summary>
    public string? Wrong { get; private set; }

    /// <summary>Redis has answered a take.</summary>
    /// <param name="limits">The request.</param>
    /// <param name="id">Its idempotency key.</param>
    /// <param name="result">The answer, with the time of Redis at which it executed the take first.</param>
    public void Answer(in LimitSet limits, UInt128 id, in BucketResult result)
    {
        if (result.Outcome != BucketOutcome.Allowed)
            _refusedUs[id] = Math.Max(result.NowUs, _refusedUs.GetValueOrDefault(id));
        else if (!_allowed.TryAdd(id, result))
            Compare(limits, _allowed[id], result);
        // Answers arrive in any order: only a refusal that was decided after the take was allowed is another answer.
        if (_allowed.TryGetValue(id, out var allowed) && allowed.NowUs < _refusedUs.GetValueOrDefault(id))
            Wrong ??= $"L8: a repeated take of {limits.Facts.Key} was refused after it was allowed";
    }

    /// <summary>Redis lost its memory.</summary>
    public void Clear()
    {
        _allowed.Clear();
        _refusedUs.Clear();
    }

    private void Compare(in LimitSet limits, in BucketResult first, in BucketResult again)
    {
        if (again.NowUs != first.NowUs)
            Wrong ??= $"L8: Redis charged a take of {limits.Facts.Key} twice, {again.NowUs - first.NowUs} us apart";
        for (int i = 0; i < limits.Count; i++)
        {
            if ((again[i].Outcome, again[i].State) != (first[i].Outcome, first[i].State))
                Wrong ??= $"L8: a repeated take of {limits.Facts.Key} was answered {again[i]} instead of {first[i]}";
        }
    }
}
