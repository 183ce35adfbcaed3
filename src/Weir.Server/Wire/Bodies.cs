using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>The body of a take or a check.</summary>
internal record TakeBody
{
    [Description("What is limited: 1 to 256 bytes of UTF-8.")]
    public string? Key { get; set; }

    [Description("What the request costs in requests: 1 (0 for a check, or beside costs) to 2147483648. 1 by default.")]
    public long Cost { get; set; } = 1;

    [Description("What it costs in other units, such as {\"tokens\": 812}: at most 16, each from 0 to 2147483648. "
        + "A unit that is missing costs 0.")]
    public Dictionary<string, long>? Costs { get; set; }

    [Description("The customer whose buckets are asked: 1 to 64 characters out of A-Z a-z 0-9 . _ -; also as header X-Tenant-Id. \"default\" by default.")]
    public string? Tenant { get; set; }

    [Description("Further dimensions by name, at most 16.")]
    public Dictionary<string, string>? Attributes { get; set; }
}

/// <summary>The body of a reservation.</summary>
internal sealed record ReservationBody : TakeBody
{
    [Description("Milliseconds in which it can be settled, and for which permits are held at most: 1 to 86400000. 60000 by default.")]
    public long TtlMs { get; set; } = 60_000;
}

/// <summary>The body that settles a reservation.</summary>
internal sealed record CommitBody
{
    private long? _cost;

    [Description("What the request took in the end in requests: 0 to 2147483648. "
        + "The difference is given back, or charged. What was reserved, by default.")]
    public long Cost
    {
        get => _cost ?? 0;
        set => _cost = value;
    }

    [Description("What it took in other units, such as {\"tokens\": 1290}. "
        + "A unit that is missing took what was reserved of it.")]
    public Dictionary<string, long>? Costs { get; set; }

    internal long? GivenCost => _cost;
}

/// <summary>A reservation that was made.</summary>
/// <param name="Id">By which it is settled.</param>
/// <param name="Decision">The decision.</param>
internal sealed record ReservedBody(string Id, DecisionBody Decision);

/// <summary>The body of a batch.</summary>
internal sealed record BatchBody
{
    [Description("1 to 1000 takes, decided in order; in a body of up to 1 MiB.")]
    public IReadOnlyList<TakeBody>? Requests { get; set; }
}

/// <summary>The answer of <c>/limit/check</c> and <c>/limit/incr</c>, to the letter.</summary>
/// <param name="Allowed">True when the request may go ahead.</param>
/// <param name="Remaining">Whole tokens left.</param>
/// <param name="ResetAtMs">0 when allowed, else the Unix time in ms at which this request would be; -1: never.</param>
/// <param name="Source"><c>redis</c> or <c>memory</c>.</param>
internal readonly record struct SeedBody(bool Allowed, long Remaining, long ResetAtMs, string Source);

/// <summary>One limit's part of a decision. <c>unit</c> is absent where it is requests.</summary>
internal sealed record LimitBody(
    string Name, string? Unit, bool Allowed, long Remaining, long Capacity, long? RetryAfterMs, long ResetAfterMs,
    string Mode);

/// <summary>
/// A decision. <c>retryAfterMs</c> is absent when there is no "later". In a batch, <c>outcome</c> is there, and is
/// <c>unavailable</c>, when no decision could be made: alone, such a request gets a 503. Nothing is known of its bucket
/// then. Of a key that is blocked it is <c>blocked</c>, of a request without a dimension that it must have
/// <c>missing-dimension</c>, of one whose answer finds no room <c>answers-full</c>, and <c>reason</c> says why.
/// <c>skipped</c> names the limits that did not apply because the request lacks one of their dimensions; absent if
/// there are none. <c>unknownUnits</c> are those of the request that no limit of the plan counts.
/// </summary>
internal record DecisionBody(
    bool Allowed,
    string Tenant,
    string Plan,
    string? Limit,
    long Remaining,
    long Capacity,
    long? RetryAfterMs,
    long ResetAfterMs,
    string Source,
    bool Degraded,
    IReadOnlyList<string>? Skipped,
    IReadOnlyList<LimitBody> Limits,
    string? Outcome = null,
    string? Reason = null,
    IReadOnlyList<string>? UnknownUnits = null);

/// <summary>The decisions of a batch, in order.</summary>
internal sealed record BatchDecisionsBody(IReadOnlyList<DecisionBody> Decisions);

/// <summary>A problem (RFC 9457).</summary>
/// <param name="Type">What kind of problem it is; <c>about:blank</c> if its status says all.</param>
/// <param name="Title">The kind in words.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Detail">The error, and the cure.</param>
/// <param name="Field">The field, parameter or header that is wrong.</param>
/// <param name="Errors">Everything that is wrong with a policy document.</param>
internal sealed record ProblemBody(string Type, string Title, int Status, string Detail, string? Field = null, IReadOnlyList<PolicyFault>? Errors = null);

/// <summary>One thing that is wrong with a policy document.</summary>
/// <param name="Line">The line; from 1, or 0 if unknown.</param>
/// <param name="Column">The column; from 1, or 0 if unknown.</param>
/// <param name="Path">The path in the document, such as <c>plans.free.limits</c>.</param>
/// <param name="Message">The error, and the cure.</param>
internal sealed record PolicyFault(int Line, int Column, string Path, string Message);

/// <summary>
/// A refusal as a problem (draft-ietf-httpapi-ratelimit-headers-11) beside the decision's own fields.
/// </summary>
internal sealed record RefusalBody : DecisionBody
{
    public RefusalBody(DecisionBody decision, string detail, bool isByAnswers = false)
        : base(decision)
    {
        if (isByAnswers)
            (Type, Title) = (Problems.AnswersFull, "Stored answers are full");
        Detail = detail;
        ViolatedPolicies = [.. decision.Limits.Where(limit => !limit.Allowed && limit.Mode == Spelling.Of(LimitMode.Enforce)).Select(limit => limit.Name)];
    }

    [JsonPropertyOrder(-4)]
    public string Type { get; } = Problems.QuotaExceeded;

    [JsonPropertyOrder(-3)]
    public string Title { get; } = "Quota exceeded";

    [JsonPropertyOrder(-2)]
    public int Status { get; init; } = StatusCodes.Status429TooManyRequests;

    [JsonPropertyOrder(-1)]
    public string Detail { get; }

    [JsonPropertyName("violated-policies")]
    public IReadOnlyList<string> ViolatedPolicies { get; }
}

/// <summary>How the service is.</summary>
internal sealed record ReadyBody(
    string Status, string Store, string Source, bool Degraded, string? Breaker, OutageBody? Outage, IReadOnlyList<OutageBody>? Outages,
    IReadOnlyList<NodeProblemBody>? Problems, FleetBody? Fleet, PolicyFileBody PolicyFile);

/// <summary>Where this instance differs from its fleet, and other prefixes; absent if there is neither.</summary>
internal sealed record FleetBody(
    bool Agrees, IReadOnlyList<SettingDifferenceBody>? Differences, IReadOnlyList<string>? OtherPrefixes);

/// <summary>A setting with one value at this instance and another one in its fleet.</summary>
internal sealed record SettingDifferenceBody(string Setting, string Here, string Fleet);

/// <summary>Whether the policy file on disk decides, and if not, why.</summary>
internal sealed record PolicyFileBody(bool InForce, string? Why);

/// <summary>A problem of a Redis node, and the cure.</summary>
internal sealed record NodeProblemBody(string Node, string Kind, string Text);

/// <summary>The outage under way, and of a cluster the node that does not answer.</summary>
internal sealed record OutageBody(string Fault, DateTimeOffset Since, string? Shard);

/// <summary>The service is alive.</summary>
internal sealed record LiveBody(string Status);
