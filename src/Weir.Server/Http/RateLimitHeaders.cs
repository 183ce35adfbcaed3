namespace Weir.Server;

/// <summary>
/// Writes the rate limit headers of a decision, in one of the forms that clients know:
/// draft-ietf-httpapi-ratelimit-headers-11 (structured fields by policy), its revision 06 (<c>RateLimit-Limit</c> and
/// so on), or the older <c>X-RateLimit-*</c> with the reset as Unix seconds.
/// </summary>
internal abstract class RateLimitHeaders
{
    public const string Names = "draft-11, draft-06, legacy, off";

    /// <summary>The form of this name, or null when there is none.</summary>
    public static RateLimitHeaders? Parse(string name) => name switch
    {
        "draft-11" => new Draft11(),
        "draft-06" => new Draft06(),
        "legacy" => new Legacy(),
        "off" => new Off(),
        _ => null,
    };

    /// <summary>Adds the headers of a decision; a refusal has <c>Retry-After</c> in every form, since that is HTTP's own.</summary>
    public void Write(HttpResponse response, in Decision decision, TimeProvider time)
    {
        if (decision.Limit is not null)
            WriteLimit(response.Headers, decision, time);
        if (!decision.Allowed && decision.RetryAfter is { } retry)
            response.Headers.RetryAfter = Math.Max(1, Spelling.Seconds(retry)).ToString();
    }

    protected abstract void WriteLimit(IHeaderDictionary headers, in Decision decision, TimeProvider time);

    /// <summary>Seconds in which an empty bucket fills: the nearest thing a bucket has to a window.</summary>
    private static long WindowSeconds(Quota quota)
    {
        var perSecond = (Int128)quota.Tokens * TimeSpan.TicksPerSecond;
        return (long)((((Int128)quota.Capacity * quota.Period.Ticks) + perSecond - 1) / perSecond);
    }

    private sealed class Draft11 : RateLimitHeaders
    {
        /// <summary>A structured field's integer has 15 digits at most (RFC 9651, section 3.3.1).</summary>
        private const long Most = 999_999_999_999_999;

        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, TimeProvider time)
        {
            var quota = decision.Limit!.Quota;
            headers["RateLimit-Policy"] = $"\"{decision.Limit.Name}\";q={Math.Min(quota.Capacity, Most)};w={WindowSeconds(quota)}";
            headers["RateLimit"] = $"\"{decision.Limit.Name}\";r={Math.Min(decision.Remaining, Most)};t={Spelling.Seconds(decision.ResetAfter)}";
        }
    }

    private sealed class Draft06 : RateLimitHeaders
    {
        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, TimeProvider time)
        {
            var quota = decision.Limit!.Quota;
            headers["RateLimit-Policy"] = $"{quota.Capacity};w={WindowSeconds(quota)}";
            headers["RateLimit-Limit"] = quota.Capacity.ToString();
            headers["RateLimit-Remaining"] = decision.Remaining.ToString();
            headers["RateLimit-Reset"] = Spelling.Seconds(decision.ResetAfter).ToString();
        }
    }

    private sealed class Legacy : RateLimitHeaders
    {
        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, TimeProvider time)
        {
            headers["X-RateLimit-Limit"] = decision.Limit!.Quota.Capacity.ToString();
            headers["X-RateLimit-Remaining"] = decision.Remaining.ToString();
            headers["X-RateLimit-Reset"] = Spelling.Seconds(time.GetUtcNow() + decision.ResetAfter - DateTimeOffset.UnixEpoch).ToString();
        }
    }

    private sealed class Off : RateLimitHeaders
    {
        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, TimeProvider time)
        {
        }
    }
}
