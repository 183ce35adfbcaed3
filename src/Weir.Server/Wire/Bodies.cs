using System.ComponentModel;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>Body of a take, check, charge or refund.</summary>
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

/// <summary>Body that creates a reservation.</summary>
internal sealed record ReservationBody : TakeBody
{
    [Description("Milliseconds in which it can be settled, and for which permits are held at most: 1 to 86400000. 60000 by default.")]
    public long TtlMs { get; set; } = 60_000;
}

/// <summary>Body that settles a reservation.</summary>
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

/// <summary>A new reservation.</summary>
/// <param name="Id">ID of the reservation, for its commit or cancellation.</param>
/// <param name="Decision">Decision of the take.</param>
internal sealed record ReservedBody(string Id, DecisionBody Decision);

/// <summary>Body of a batch.</summary>
internal sealed record BatchBody
{
    [Description("1 to 1000 takes, decided in order; in a body of up to 1 MiB.")]
    public IReadOnlyList<TakeBody>? Requests { get; set; }
}

/// <summary>Answer of <c>/limit/check</c> and <c>/limit/incr</c>. The format is fixed.</summary>
/// <param name="Allowed">True if the request may go ahead.</param>
/// <param name="Remaining">Number of whole tokens left.</param>
/// <param name="ResetAtMs">Unix time in ms at which the request is allowed; 0 if allowed now, -1 if never.</param>
/// <param name="Source">Store that decided: <c>redis</c> or <c>memory</c>.</param>
internal readonly record struct SeedBody(bool Allowed, long Remaining, long ResetAtMs, string Source);

/// <summary>Decision of one limit. <c>unit</c> is absent if the limit counts <c>requests</c>.</summary>
internal sealed record LimitBody(
    string Name, string? Unit, bool Allowed, long Remaining, long Capacity, long? RetryAfterMs, long ResetAfterMs,
    string Mode);

/// <summary>A decision about a request.</summary>
/// <param name="Allowed">True if the request may go ahead.</param>
/// <param name="Tenant">Tenant of the request.</param>
/// <param name="Plan">Plan of the tenant or key.</param>
/// <param name="Limit">Limit that governs the decision; absent if there is none.</param>
/// <param name="Remaining">Tokens left in the bucket of the governing limit.</param>
/// <param name="Capacity">Capacity of the governing limit.</param>
/// <param name="RetryAfterMs">Milliseconds until the request is allowed; absent if no retry can succeed.</param>
/// <param name="ResetAfterMs">Milliseconds until the bucket of the governing limit is full again.</param>
/// <param name="Source">Store that decided: <c>redis</c> or <c>memory</c>.</param>
/// <param name="Degraded">True if memory decided because Redis could not.</param>
/// <param name="Skipped">Limits skipped because the request lacks a dimension; absent if there are none.</param>
/// <param name="Limits">Decisions of all limits that apply, in the order of the plan.</param>
/// <param name="Outcome">
/// <c>blocked</c>, <c>missing-dimension</c>, <c>answers-full</c> or, in a batch, <c>unavailable</c>; otherwise absent.
/// </param>
/// <param name="Reason">Reason for the outcome; absent if there is none.</param>
/// <param name="UnknownUnits">Units of the request that no limit of the plan counts; absent if there are none.</param>
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

/// <summary>Decisions of a batch, in the order of its requests.</summary>
internal sealed record BatchDecisionsBody(IReadOnlyList<DecisionBody> Decisions);

/// <summary>A problem (RFC 9457).</summary>
/// <param name="Type">URI of the problem type; <c>about:blank</c> if the status describes the problem.</param>
/// <param name="Title">Short description of the problem type.</param>
/// <param name="Status">HTTP status of the answer.</param>
/// <param name="Detail">Description of the error and its cure.</param>
/// <param name="Field">Field, parameter or header that caused the error; absent if unknown.</param>
/// <param name="Errors">All errors of a policy document; absent for other problems.</param>
internal sealed record ProblemBody(string Type, string Title, int Status, string Detail, string? Field = null, IReadOnlyList<PolicyFault>? Errors = null);

/// <summary>An error in a policy document.</summary>
/// <param name="Line">Line of the error, from 1; 0 if unknown.</param>
/// <param name="Column">Column of the error, from 1; 0 if unknown.</param>
/// <param name="Path">Path of the invalid field, such as <c>plans.free.limits</c>.</param>
/// <param name="Message">Description of the error and its cure.</param>
internal sealed record PolicyFault(int Line, int Column, string Path, string Message);

/// <summary>
/// A refusal as a problem (draft-ietf-httpapi-ratelimit-headers-11), with the fields of the decision.
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

/// <summary>Readiness of the service and state of its stores, fleet and policy file.</summary>
internal sealed record ReadyBody(
    string Status, string Store, string Source, bool Degraded, string? Breaker, OutageBody? Outage, IReadOnlyList<OutageBody>? Outages,
    IReadOnlyList<NodeProblemBody>? Problems, FleetBody? Fleet, PolicyFileBody PolicyFile);

/// <summary>Differences between this instance and its fleet, and other prefixes; absent if there are none.</summary>
internal sealed record FleetBody(
    bool Agrees, IReadOnlyList<SettingDifferenceBody>? Differences, IReadOnlyList<string>? OtherPrefixes);

/// <summary>A setting that has different values at this instance and in its fleet.</summary>
internal sealed record SettingDifferenceBody(string Setting, string Here, string Fleet);

/// <summary>Whether the policy file is in force, and the reason if it is not.</summary>
internal sealed record PolicyFileBody(bool InForce, string? Why);

/// <summary>A problem of a Redis node and its cure.</summary>
internal sealed record NodeProblemBody(string Node, string Kind, string Text);

/// <summary>A current outage; on a cluster, <c>shard</c> is the node that does not answer.</summary>
internal sealed record OutageBody(string Fault, DateTimeOffset Since, string? Shard);

/// <summary>Liveness of the process.</summary>
internal sealed record LiveBody(string Status);
