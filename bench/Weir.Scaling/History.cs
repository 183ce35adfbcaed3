using Weir.Testing;

namespace Weir.Scaling;

/// <summary>What was asked and answered, key by key, to be judged when all is over.</summary>
internal sealed class History(TokenQuota quota)
{
    private readonly Dictionary<int, Bucket> _buckets = [];

    private sealed class Bucket
    {
        public readonly List<long> Asked = [];
        public readonly List<(long AtUs, bool Allowed, long Remaining)> Answers = [];
    }

    public void Ask(int key, long nowUs) => Of(key).Asked.Add(nowUs);

    /// <param name="key">Which key.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="atUs">When it was decided, here or in Redis.</param>
    public void Answer(int key, in BucketResult answer, long atUs) =>
        Of(key).Answers.Add((atUs, answer.Outcome == BucketOutcome.Allowed, quota.TokensLeft(answer.State, answer.Time)));

    /// <summary>Judges all of it.</summary>
    /// <param name="fromUs">From when on it counts what was admitted and what was said to remain. Law L1 holds from the beginning.</param>
    public Judgement Judge(long fromUs)
    {
        var all = new Judgement();
        foreach (var bucket in _buckets.Values)
        {
            all.Ideal += IdealOf(bucket.Asked, fromUs);
            Judge(bucket, fromUs, all);
        }

        return all;
    }

    private Bucket Of(int key)
    {
        if (!_buckets.TryGetValue(key, out var bucket))
            _buckets[key] = bucket = new Bucket();
        return bucket;
    }

    /// <summary>What one bucket would admit that all ask without a way in between.</summary>
    private long IdealOf(List<long> asked, long fromUs)
    {
        var state = default(BucketState);
        return asked.Count(atUs => TokenBucket.Take(quota, ref state, atUs, 1) == BucketOutcome.Allowed && atUs >= fromUs);
    }

    private void Judge(Bucket bucket, long fromUs, Judgement all)
    {
        var bound = new IntervalBound(quota);
        var spent = default(BucketState);
        foreach (var (atUs, allowed, remaining) in bucket.Answers.OrderBy(answer => answer.AtUs))
        {
            if (allowed)
            {
                bound.Admit(atUs, 1);
                TokenBucket.Charge(quota, ref spent, atUs, 1);
            }

            if (atUs < fromUs)
                continue;
            all.Admitted += allowed ? 1 : 0;
            all.Note(Math.Abs(quota.TokensLeft(spent, new StoreTime(atUs, atUs)) - remaining));
        }

        all.UnitsOver = Math.Max(all.UnitsOver, bound.UnitsOver);
    }
}

/// <summary>How a history stands to the laws.</summary>
internal sealed class Judgement
{
    private long _answers;
    private long _off;
    private long _mostOff;

    public long Admitted { get; set; }

    /// <summary>What one bucket would have admitted that all ask without a way in between (law L13).</summary>
    public long Ideal { get; set; }

    /// <summary>What was admitted, of that.</summary>
    public double Ratio => Ideal == 0 ? 1 : (double)Admitted / Ideal;

    /// <summary>Units over law L1 in the worst interval of the worst bucket.</summary>
    public long UnitsOver { get; set; }

    /// <summary>By how much answers were off in what remains, in tokens: on average, and at most.</summary>
    public (double Mean, long Most) Off => (_answers == 0 ? 0 : (double)_off / _answers, _mostOff);

    public void Note(long off)
    {
        _answers++;
        _off += off;
        _mostOff = Math.Max(_mostOff, off);
    }
}
