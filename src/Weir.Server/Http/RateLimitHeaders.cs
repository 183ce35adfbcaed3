namespace Weir.Server;

/// <summary>
/// Writes rate limit headers: draft-ietf-httpapi-ratelimit-headers-11, its revision 06 (<c>RateLimit-Limit</c>), or the
/// older <c>X-RateLimit-*</c> with Unix seconds. Omits fields without a value, such as the reset time of a ban.
/// </summary>
internal abstract class RateLimitHeaders
{
    public static readonly string[] Names = ["draft-11", "draft-06", "legacy", "off"];

    public static RateLimitHeaders? Parse(string name) => name switch
    {
        "draft-11" => new Draft11(),
        "draft-06" => new Draft06(),
        "legacy" => new Legacy(),
        "off" => new Off(),
        _ => null,
    };

    /// <summary>Writes the headers of a decision. Every format includes the standard <c>Retry-After</c>.</summary>
    public void Write(HttpResponse response, in Decision decision, TimeProvider time) =>
        Write(response.Headers, decision, time);

    /// <inheritdoc cref="Write(HttpResponse, in Decision, TimeProvider)"/>
    public void Write(IHeaderDictionary headers, in Decision decision, TimeProvider time)
    {
        if (decision.IsByBuckets)
            WriteLimit(headers, decision, time.GetUtcNow());
        if (!decision.Allowed && decision.RetryAfter is { } retry)
            headers.RetryAfter = Math.Max(1, Spelling.Seconds(retry)).ToString();
    }

    /// <summary>Writes the headers of one limit that no decision of Weir's policies holds.</summary>
    public abstract void Write(IHeaderDictionary headers, in LimitNumbers limit, DateTimeOffset now);

    protected abstract void WriteLimit(IHeaderDictionary headers, in Decision decision, DateTimeOffset now);

    private static LimitNumbers NumbersOf(in Decision decision, DateTimeOffset now)
    {
        var limit = decision.Limit!;
        bool hasReset = Reset(limit, decision.Outcome, decision.ResetAfter) is not null;
        return new LimitNumbers(
            limit.Name, limit.Quota.Capacity, decision.Remaining, hasReset ? decision.ResetAfter : null,
            Window(limit, now));
    }

    /// <summary>Returns the seconds until the bucket is full; null if waiting cannot help the request.</summary>
    private static long? Reset(Limit limit, DecisionOutcome outcome, TimeSpan resetAfter) =>
        limit.Quota.Capacity == 0 || outcome is DecisionOutcome.NeverFits or DecisionOutcome.MissingDimension
            ? null
            : Spelling.Seconds(resetAfter);

    private static long? Window(Limit limit, DateTimeOffset now) => limit.Quota.WindowAt(now) is { } window ? Spelling.Seconds(window) : null;

    private sealed class Draft11 : RateLimitHeaders
    {
        /// <summary>Maximum integer in a structured field (RFC 9651, section 3.3.1).</summary>
        private const long Most = 999_999_999_999_999;

        private readonly LimitTexts _policies = new((limit, quota, window) =>
            $"\"{limit.Name}\";q={quota}{UnitItem(limit)}{(window < 0 ? "" : $";w={window}")}");

        private readonly LimitTexts _items = new((limit, left, reset) =>
            reset < 0 ? $"\"{limit.Name}\";r={left}" : $"\"{limit.Name}\";r={left};t={reset}");

        public override void Write(IHeaderDictionary headers, in LimitNumbers limit, DateTimeOffset now)
        {
            string window = limit.Window is { } seconds ? $";w={seconds}" : "";
            string reset = limit.ResetAfter is { } time ? $";t={Spelling.Seconds(time)}" : "";
            headers["RateLimit-Policy"] = $"\"{limit.Name}\";q={limit.Capacity}{window}";
            headers["RateLimit"] = $"\"{limit.Name}\";r={limit.Remaining}{reset}";
        }

        /// <summary>Writes the governing limit first, for clients that read only the first item.</summary>
        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, DateTimeOffset now)
        {
            string policies = Policy(decision.Limit!, now);
            string limits = Item(decision.Limit!, decision.Remaining, Reset(decision.Limit!, decision.Outcome, decision.ResetAfter));
            if (decision.Plan.Limits.Length > 1)
            {
                foreach (var other in decision.Limits())
                {
                    if (other.Limit == decision.Limit || other.Limit.Mode != LimitMode.Enforce)
                        continue;
                    policies += ", " + Policy(other.Limit, now);
                    limits += ", " + Item(other.Limit, other.Remaining, Reset(other.Limit, other.Outcome, other.ResetAfter));
                }
            }

            headers["RateLimit-Policy"] = policies;
            headers["RateLimit"] = limits;
        }

        private static string UnitItem(Limit limit) => Spelling.UnitOf(limit) is { } unit ? $";qu=\"{unit}\"" : "";

        private string Policy(Limit limit, DateTimeOffset now) =>
            _policies.Of(limit, Math.Min(limit.Quota.Capacity, Most), Window(limit, now) ?? -1);

        private string Item(Limit limit, long remaining, long? reset) => _items.Of(limit, Math.Min(remaining, Most), reset ?? -1);
    }

    private sealed class Draft06 : RateLimitHeaders
    {
        public override void Write(IHeaderDictionary headers, in LimitNumbers limit, DateTimeOffset now)
        {
            // In this format, a policy needs a window.
            if (limit.Window is { } window)
                headers["RateLimit-Policy"] = $"{limit.Capacity};w={window}";
            headers["RateLimit-Limit"] = limit.Capacity.ToString();
            headers["RateLimit-Remaining"] = limit.Remaining.ToString();
            if (limit.ResetAfter is { } reset)
                headers["RateLimit-Reset"] = Spelling.Seconds(reset).ToString();
        }

        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, DateTimeOffset now) =>
            Write(headers, NumbersOf(decision, now), now);
    }

    private sealed class Legacy : RateLimitHeaders
    {
        public override void Write(IHeaderDictionary headers, in LimitNumbers limit, DateTimeOffset now)
        {
            headers["X-RateLimit-Limit"] = limit.Capacity.ToString();
            headers["X-RateLimit-Remaining"] = limit.Remaining.ToString();
            if (limit.ResetAfter is { } reset)
                headers["X-RateLimit-Reset"] = Spelling.Seconds(now + reset - DateTimeOffset.UnixEpoch).ToString();
        }

        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, DateTimeOffset now) =>
            Write(headers, NumbersOf(decision, now), now);
    }

    private sealed class Off : RateLimitHeaders
    {
        public override void Write(IHeaderDictionary headers, in LimitNumbers limit, DateTimeOffset now)
        {
        }

        protected override void WriteLimit(IHeaderDictionary headers, in Decision decision, DateTimeOffset now)
        {
        }
    }
}
