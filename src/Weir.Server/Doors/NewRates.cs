namespace Weir.Server;

/// <summary>
/// Limits the new rates that requests of a tenant may bring, because a process never frees a rate. So no
/// tenant can use up the rates of the others (law L9).
/// </summary>
internal sealed class NewRates
{
    /// <summary>Maximum number of tenants, each with an API key of its own.</summary>
    private const int MaxTenants = 2 * ApiKey.MaxKeys;

    private readonly RateLimiter _limiter;

    public NewRates(TimeProvider time)
    {
        var policies = PolicyDocument.Parse(
            "defaultPlan: rates\nplans: { rates: { limits: { new: { by: [key], rate: 1/m, burst: "
                + $"{RespBounds.NewRatesOfTenant} }} }} }} }}\n",
            "new rates");
        _limiter = new RateLimiter(
            policies, new MemoryStore(new MemoryStoreOptions { MaxKeys = MaxTenants }, time), time);
    }

    /// <summary>Numbers a new rate; returns an error if the tenant, or the process, has too many.</summary>
    public string? Add(string tenant, RefillRate rate)
    {
        if (RefillRate.Count >= RespBounds.MaxRates)
        {
            return $"this process has decided by {RespBounds.MaxRates} distinct rates; use the same count and period "
                + "for more keys";
        }

        // Memory decides at once.
        _limiter.Begin(new RequestFacts(RequestFacts.DefaultTenant, tenant), spend: true, out var decision);
        if (!decision.Allowed)
        {
            return $"the tenant {tenant} has used {RespBounds.NewRatesOfTenant} distinct rates, and may use a new one "
                + $"in {Spelling.Seconds(decision.RetryAfter ?? TimeSpan.FromMinutes(1))} s; use the same count and "
                + "period for more keys";
        }

        // Give the rate its number now, so that it is new only once.
        _ = rate.Id;
        return null;
    }
}
