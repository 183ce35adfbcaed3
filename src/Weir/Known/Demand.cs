namespace Weir;

/// <summary>How much of a bucket is wanted at this instance: counted in times of a lease's length.</summary>
internal struct Demand
{
    /// <summary>
    /// Requests within a horizon that make a bucket busy. Of one that is not busy, nothing is leased.
    /// </summary>
    public const int BusyFrom = 8;

    private long _fromUs;
    private long _tokens;
    private long _tokensBefore;
    private int _requests;
    private int _requestsBefore;

    public readonly bool IsBusy => Math.Max(_requests, _requestsBefore) >= BusyFrom;

    /// <summary>
    /// Tokens that are wanted in a horizon: as many as in the last one, and halfway up to those of this one if these
    /// are more already.
    /// </summary>
    public readonly long Tokens => _tokensBefore == 0 ? _tokens : (_tokensBefore + Math.Max(_tokensBefore, _tokens)) / 2;

    /// <summary>
    /// Tokens that are probably used in a horizon: unused ones are lost at the end of a lease
    /// as far as they came back meanwhile. A number of random requests strays by its root.
    /// </summary>
    public readonly long Surely => (Tokens * 3 / 4) - (long)Math.Sqrt(Tokens);

    /// <summary>Counts a request.</summary>
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
