namespace Weir;

/// <summary>Counts the demand for a bucket at this instance, per horizon (the lifetime of a lease).</summary>
internal struct Demand
{
    /// <summary>Minimum number of requests per horizon of a busy bucket. Only busy buckets are leased.</summary>
    public const int BusyFrom = 8;

    private long _fromUs;
    private long _tokens;
    private long _tokensBefore;
    private int _requests;
    private int _requestsBefore;

    public readonly bool IsBusy => Math.Max(_requests, _requestsBefore) >= BusyFrom;

    /// <summary>Expected tokens per horizon: the last count, averaged with a higher present one. Without a last count,
    /// the present one.</summary>
    public readonly long Tokens => _tokensBefore == 0 ? _tokens : (_tokensBefore + Math.Max(_tokensBefore, _tokens)) / 2;

    // Lower estimate of Tokens, because unused ones may be lost: three quarters, less the usual deviation of counts.
    public readonly long Surely => (Tokens * 3 / 4) - (long)Math.Sqrt(Tokens);

    public void Count(long cost, long nowUs, long horizonUs)
    {
        long ranUs = nowUs - _fromUs;
        if (ranUs >= horizonUs)
        {
            bool followsOn = ranUs < 2 * horizonUs;
            (_tokensBefore, _requestsBefore) = (followsOn ? _tokens : 0, followsOn ? _requests : 0);
            (_tokens, _requests, _fromUs) = (0, 0, nowUs);
        }

        _tokens += cost;
        _requests++;
    }
}
