namespace Weir.Server;

/// <summary>
/// Writes the rate limit headers of a decision, in one of the forms that clients know:
/// draft-ietf-httpapi-ratelimit-headers-11 (structured fields by policy), its revision 06 (<c>RateLimit-Limit</c> and
/// so on), or the older <c>X-RateLimit-*</c> with the reset as Unix seconds.
/// </summary>
internal abstract class RateLimitHeaders
{
    public static readonly string[] Names = ["draft-11", "draft-06", "legacy", "off"];

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

    /// <summary>Seconds in which an empty bucket fills (the nearest thing that one has to a window), or a window's length.</summary>
    private static long WindowSeconds(Quota quota) => Spelling.Seconds(quota.Window);

    private sealed class Draft11 : RateLimitHeaders
    {
        /// <summary>A structured field's integer has 15 digits at most (RFC 9651, section 3.3.1).</summary>
        private const long Most = 999_999_999_999_999;

        /// <summary>Both fields are lists with an item for each policy; the one that governed comes first, for clients that read no further.</summary>
        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, TimeProvider time)
        {
            string policies = Policy(decision.Limit!);
            string limits = Item(decision.Limit!, decision.Remaining, decision.ResetAfter);
            if (decision.Plan.Limits.Length > 1)
            {
                foreach (var other in decision.Limits())
                {
                    if (other.Limit == decision.Limit || other.Limit.Mode != LimitMode.Enforce)
                        continue;
                    policies += ", " + Policy(other.Limit);
                    limits += ", " + Item(other.Limit, other.Remaining, other.ResetAfter);
                }
            }

            headers["RateLimit-Policy"] = policies;
            headers["RateLimit"] = limits;
        }

        private static string Policy(Limit limit) => $"\"{limit.Name}\";q={Math.Min(limit.Quota.Capacity, Most)};w={WindowSeconds(limit.Quota)}";

        private static string Item(Limit limit, long remaining, TimeSpan reset) => $"\"{limit.Name}\";r={Math.Min(remaining, Most)};t={Spelling.Seconds(reset)}";
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
