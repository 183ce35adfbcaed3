using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>Result of validating a policy document without errors.</summary>
internal sealed record ValidBody(bool Valid);

/// <summary>Version of live data that a change created.</summary>
internal sealed record VersionBody(long Version);

/// <summary>Current plan and live data of a tenant.</summary>
/// <param name="Tenant">Name of the tenant.</param>
/// <param name="Plan">Name of the tenant's current plan.</param>
/// <param name="From">Origin of the plan: <c>default</c>, <c>document</c> or <c>live</c>.</param>
/// <param name="Version">Later version of <c>live</c> and <c>boost</c>; absent if the tenant has neither.</param>
/// <param name="Live">Permanent override as it was sent; absent if there is none.</param>
/// <param name="Boost">Temporary override as it was sent; absent if there is none.</param>
internal sealed record TenantBody(string Tenant, string Plan, string From, long? Version, System.Text.Json.JsonElement? Live, System.Text.Json.JsonElement? Boost);

// Only the API description uses this type: the policy parser reads the body.
/// <summary>Override of a tenant's plan and limits, permanent or until a time.</summary>
/// <param name="Plan">Plan of the tenant; the default plan if left out.</param>
/// <param name="Limits">Overrides of the plan's limits, by name, in the format of the policy document.</param>
/// <param name="Unlimited">True if no limit of the plan applies to the tenant.</param>
/// <param name="Until">End of the override, with an offset from UTC; permanent if left out.</param>
internal sealed record LiveTenantBody(string? Plan, Dictionary<string, System.Text.Json.JsonElement>? Limits, bool? Unlimited, DateTimeOffset? Until);

/// <summary>A page of the tenants that have live data, sorted by name.</summary>
/// <param name="Tenants">Tenants of this page.</param>
/// <param name="Next">Value of <c>after</c> for the next page; absent on the last page.</param>
internal sealed record TenantsBody(IReadOnlyList<TenantBody> Tenants, string? Next);

/// <summary>Live limits of one key of a tenant.</summary>
/// <param name="Tenant">Name of the tenant.</param>
/// <param name="Key">Key as it is stored: the hash of the key if keys are hashed.</param>
/// <param name="Version">Version of these limits.</param>
/// <param name="Live">Limits as they were sent.</param>
internal sealed record KeyLimitsBody(string Tenant, string Key, long Version, System.Text.Json.JsonElement? Live);

// Only the API description uses this type: the policy parser reads the body.
/// <summary>Override of the limits of one key, permanent or until a time.</summary>
/// <param name="Limits">Overrides of the tenant's limits, by name, in the format of the policy document.</param>
/// <param name="Unlimited">True if no limit applies to the key.</param>
/// <param name="Until">End of the override, with an offset from UTC; permanent if left out.</param>
internal sealed record LiveKeyBody(Dictionary<string, System.Text.Json.JsonElement>? Limits, bool? Unlimited, DateTimeOffset? Until);

/// <summary>A page of the keys of a tenant that have live limits.</summary>
/// <param name="Keys">Keys of this page.</param>
/// <param name="Next">Value of <c>after</c> for the next page; absent on the last page.</param>
internal sealed record KeysBody(IReadOnlyList<KeyLimitsBody> Keys, string? Next);

/// <summary>Audit record of one change to live data.</summary>
internal sealed record ChangeBody(long Version, string Kind, string Id, long Before, bool Deleted, string Who, DateTimeOffset At);

/// <summary>A page of the audit trail, newest change first.</summary>
/// <param name="Changes">Changes of this page.</param>
/// <param name="Next">Value of <c>before</c> for the next page; absent on the last page.</param>
internal sealed record AuditBody(IReadOnlyList<ChangeBody> Changes, long? Next);

/// <summary>Body of a rollback.</summary>
internal sealed record RollbackBody
{
    /// <summary>Version of the change to apply again; the rollback creates a new version.</summary>
    public long? Version { get; set; }
}

/// <summary>Body that blocks a key.</summary>
internal sealed record BlockBody
{
    public string? Tenant { get; set; }

    public string? Key { get; set; }

    /// <summary>End of the block, with an offset from UTC; permanent if left out.</summary>
    [JsonConverter(typeof(StrictTime))]
    public DateTimeOffset? Until { get; set; }

    /// <summary>Reason for the block. Refused callers receive the reason.</summary>
    public string? Reason { get; set; }
}

/// <summary>A page of the blocked keys, sorted by tenant and key.</summary>
/// <param name="Blocks">Blocks of this page.</param>
/// <param name="Next">Value of <c>after</c> for the next page; absent on the last page.</param>
internal sealed record BlocksBody(IReadOnlyList<Block> Blocks, string? Next);

/// <summary>Explanation of a decision: plan, block, limits and outcome.</summary>
internal sealed record ExplanationBody(
    string Tenant, string Plan, string PlanFrom, long Version, Block? Blocked, string Outcome, string? Detail, IReadOnlyList<LimitExplanation> Limits, DecisionBody Decision);

/// <summary>Explanation of one limit: whether the limit applies, and where its values come from.</summary>
/// <param name="Name">Name of the limit.</param>
/// <param name="Applies">True if the limit applies to the request.</param>
/// <param name="Why">Reason why the limit applies or does not apply.</param>
/// <param name="From">Layer that set the limit, such as <c>plan pro</c> or <c>live tenant acme</c>.</param>
/// <param name="Quota">Quota of the limit in words.</param>
/// <param name="By">Dimensions of the limit: each combination of their values has its own bucket.</param>
/// <param name="Mode"><c>enforce</c>, or <c>shadow</c> if the limit is only observed.</param>
/// <param name="Unit">Unit that the limit counts; absent for <c>requests</c>.</param>
/// <param name="Cost">Factor by which the limit multiplies the cost of a request.</param>
/// <param name="Values">Values of the limit, each with the layer that set the value.</param>
/// <param name="Bucket">Current state of the bucket; absent if the limit does not apply.</param>
internal sealed record LimitExplanation(
    string Name, bool Applies, string Why, string From, string Quota, IReadOnlyList<string> By, string Mode,
    string? Unit, long Cost, IReadOnlyList<ValueExplanation> Values, BucketExplanation? Bucket = null);

/// <summary>Current state of a bucket.</summary>
/// <param name="Remaining">Tokens left.</param>
/// <param name="ResetAfterMs">Milliseconds until the bucket is full again.</param>
internal sealed record BucketExplanation(long Remaining, long ResetAfterMs);

/// <summary>
/// A value of a limit and the layer that set the value. A relative value, such as a burst of <c>2x</c>, has the layer
/// of its base value.
/// </summary>
internal sealed record ValueExplanation(string Name, string Value, string From);

/// <summary>The candidate document and the tally of its trial.</summary>
/// <param name="Version">Version of the candidate.</param>
/// <param name="Document">Text of the candidate document.</param>
/// <param name="Instance">Instance that answers. Each instance counts only its own decisions.</param>
/// <param name="Since">Start of the trial; absent before the first request.</param>
/// <param name="Decisions">Number of requests that both documents decided.</param>
/// <param name="Stricter">Number of requests that were allowed and that the candidate would refuse.</param>
/// <param name="Laxer">Number of requests that were refused and that the candidate would allow.</param>
/// <param name="Skipped">Number of requests that the candidate did not decide.</param>
/// <param name="Limits">Limits that refused requests that the other document allowed.</param>
/// <param name="Keys">Keys with the most differing decisions, most frequent first.</param>
internal sealed record CandidateBody(
    long Version, string Document, string Instance, DateTimeOffset? Since, long Decisions, long Stricter, long Laxer, long Skipped,
    IReadOnlyList<TrialLimit> Limits, IReadOnlyList<TrialKey> Keys);
