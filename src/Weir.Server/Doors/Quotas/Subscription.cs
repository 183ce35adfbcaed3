namespace Weir.Server;

/// <summary>One client's interest in a quota bucket, with its demand.</summary>
internal sealed class Subscription(IAssignee client, QuotaBucket bucket, TimeProvider time)
{
    /// <summary>Factor for a demand that varies. Tokens that are not used are lost.</summary>
    private const double Headroom = 1.05;

    private readonly UsageMeter _usage = new(time);
    private readonly Lock _lock = new();

    public IAssignee Client => client;

    public TimeSpan Unused
    {
        get
        {
            lock (_lock)
                return _usage.Unused;
        }
    }

    /// <summary>Ends the interest. Tokens that are assigned end by themselves.</summary>
    public void End() => bucket.Unsubscribe(this);

    public void Report(double requests, TimeSpan elapsed)
    {
        lock (_lock)
            _usage.Report(requests, elapsed);
    }

    /// <summary>Returns the tokens that the client will use in a time, or the guess before this is known.</summary>
    public double WishFor(TimeSpan time, double guess)
    {
        lock (_lock)
            return _usage.In(time) * Headroom ?? guess;
    }
}
