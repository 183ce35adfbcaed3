namespace Weir;

/// <summary>Demand for a bucket at this instance, counted in horizons (the length of a lease).</summary>
internal struct Demand
{
    /// <summary>Requests per horizon from which a bucket is busy. Only busy buckets are leased.</summary>
    public const int BusyFrom = 8;

    private long _fromUs;
    private long _tokens;
    private long _tokensBefore;
    private int _requests;
    private int _requestsBefore;

    public readonly bool IsBusy => Math.Max(_requests, _requestsBefore) >= BusyFrom;

    /// <summary>Tokens per horizon: the last count, raised halfway to the present one if that is higher.</summary>
    public readonly long Tokens => _tokensBefore == 0 ? _tokens : (_tokensBefore + Math.Max(_tokensBefore, _tokens)) / 2;

    // Lower estimate: unused leased tokens may be lost when a lease ends. Random counts stray by their square root.
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
