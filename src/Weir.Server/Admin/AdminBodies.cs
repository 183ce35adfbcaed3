using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>A document that is right.</summary>
internal sealed record ValidBody(bool Valid);

/// <summary>A version that was made.</summary>
internal sealed record VersionBody(long Version);

/// <summary>A tenant as it is now.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="From">Where that is said: <c>default</c>, <c>document</c> or <c>live</c>.</param>
/// <param name="Version">
/// The version of its live data: the later one of the permanent text and the boost; absent if there is none.
/// </param>
/// <param name="Live">The permanent text, as it was put.</param>
/// <param name="Boost">The boost, as it was put.</param>
internal sealed record TenantBody(string Tenant, string Plan, string From, long? Version, System.Text.Json.JsonElement? Live, System.Text.Json.JsonElement? Boost);

/// <summary>
/// What <c>PUT /admin/tenants/{id}</c> takes; for the description only, since the text is read as the document's own.
/// </summary>
/// <param name="Plan">The tenant's plan; the default plan without it.</param>
/// <param name="Limits">Limits over those of the plan, by name, as in the policy document.</param>
/// <param name="Unlimited">True if nothing of the plan limits the tenant.</param>
/// <param name="Until">Until when it holds, with an offset from UTC; for good without it.</param>
internal sealed record LiveTenantBody(string? Plan, Dictionary<string, System.Text.Json.JsonElement>? Limits, bool? Unlimited, DateTimeOffset? Until);

/// <summary>The tenants that have live data, in the order of their names.</summary>
/// <param name="Tenants">A page of them.</param>
/// <param name="Next">What to send as <c>after</c> for the next page; absent on the last one.</param>
internal sealed record TenantsBody(IReadOnlyList<TenantBody> Tenants, string? Next);

/// <summary>What one key of a tenant has otherwise than the tenant, as it was put.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Key">The key as it is stored: its hash, where keys are hashed.</param>
/// <param name="Version">The version of this entry.</param>
/// <param name="Live">Its text.</param>
internal sealed record KeyLimitsBody(string Tenant, string Key, long Version, System.Text.Json.JsonElement? Live);

/// <summary>What <c>PUT /admin/tenants/{id}/keys/{key}</c> takes; for the description only.</summary>
/// <param name="Limits">Limits over those of the tenant, by name, as in the policy document.</param>
/// <param name="Unlimited">True if nothing limits the key.</param>
/// <param name="Until">Until when it holds, with an offset from UTC; for good without it.</param>
internal sealed record LiveKeyBody(Dictionary<string, System.Text.Json.JsonElement>? Limits, bool? Unlimited, DateTimeOffset? Until);

/// <summary>The keys of a tenant that have live numbers of their own.</summary>
/// <param name="Keys">A page of them.</param>
/// <param name="Next">What to send as <c>after</c> for the next page; absent on the last one.</param>
internal sealed record KeysBody(IReadOnlyList<KeyLimitsBody> Keys, string? Next);

/// <summary>One change.</summary>
internal sealed record ChangeBody(long Version, string Kind, string Id, long Before, bool Deleted, string Who, DateTimeOffset At);

/// <summary>Changes, newest first.</summary>
/// <param name="Changes">A page of them.</param>
/// <param name="Next">What to send as <c>before</c> for the next page; absent on the last one.</param>
internal sealed record AuditBody(IReadOnlyList<ChangeBody> Changes, long? Next);

/// <summary>To which version to go back.</summary>
internal sealed record RollbackBody
{
    /// <summary>The version whose text is put again, as a new version.</summary>
    public long? Version { get; set; }
}

/// <summary>A key to be refused.</summary>
internal sealed record BlockBody
{
    public string? Tenant { get; set; }

    public string? Key { get; set; }

    /// <summary>Until when; for good without it.</summary>
    [JsonConverter(typeof(StrictTime))]
    public DateTimeOffset? Until { get; set; }

    /// <summary>The reason, which refused callers are told.</summary>
    public string? Reason { get; set; }
}

/// <summary>The keys that are refused now, in the order of tenant and key.</summary>
/// <param name="Blocks">A page of them.</param>
/// <param name="Next">What to send as <c>after</c> for the next page; absent on the last one.</param>
internal sealed record BlocksBody(IReadOnlyList<Block> Blocks, string? Next);

/// <summary>Why a request gets its answer.</summary>
internal sealed record ExplanationBody(
    string Tenant, string Plan, string PlanFrom, long Version, Block? Blocked, string Outcome, string? Detail, IReadOnlyList<LimitExplanation> Limits, DecisionBody Decision);

/// <summary>One limit of the tenant's plan, and whether and why it applies.</summary>
/// <param name="Name">The limit.</param>
/// <param name="Applies">Whether it applies to this request.</param>
/// <param name="Why">Why it does, or does not.</param>
/// <param name="From">Where its numbers are said: the plan, the document's tenant, or the live tenant.</param>
/// <param name="Quota">Its numbers, in words.</param>
/// <param name="By">Its dimensions.</param>
/// <param name="Mode">What its word counts.</param>
/// <param name="Unit">The unit that it counts; absent where it is requests.</param>
/// <param name="Cost">The factor of the request's cost.</param>
/// <param name="Values">
/// Each of its values, and the layer that it comes from: the plan, the tenant, or a boost of the tenant.
/// </param>
/// <param name="Bucket">How its bucket stands now; absent when it does not apply.</param>
internal sealed record LimitExplanation(
    string Name, bool Applies, string Why, string From, string Quota, IReadOnlyList<string> By, string Mode,
    string? Unit, long Cost, IReadOnlyList<ValueExplanation> Values, BucketExplanation? Bucket = null);

/// <summary>How a bucket stands.</summary>
/// <param name="Remaining">Tokens left.</param>
/// <param name="ResetAfterMs">When it is as new.</param>
internal sealed record BucketExplanation(long Remaining, long ResetAfterMs);

/// <summary>
/// A value of a limit, and the layer that it comes from. What follows from a value, such as a burst of <c>2x</c>, comes
/// from where that does.
/// </summary>
internal sealed record ValueExplanation(string Name, string Value, string From);

/// <summary>A candidate, and its tally at the instance that answers.</summary>
/// <param name="Version">The candidate's version.</param>
/// <param name="Document">Its text.</param>
/// <param name="Instance">The instance that answers. Each counts its own decisions.</param>
/// <param name="Since">Since when it is tried; absent while it has had no traffic.</param>
/// <param name="Decisions">Decisions that were made twice.</param>
/// <param name="Stricter">Requests that were allowed, and that it would refuse.</param>
/// <param name="Laxer">Requests that were refused, and that it would allow.</param>
/// <param name="Skipped">Requests that were not tried.</param>
/// <param name="Limits">The limits that refused requests that the other side allowed.</param>
/// <param name="Keys">The keys that were most often decided otherwise.</param>
internal sealed record CandidateBody(
    long Version, string Document, string Instance, DateTimeOffset? Since, long Decisions, long Stricter, long Laxer, long Skipped,
    IReadOnlyList<TrialLimit> Limits, IReadOnlyList<TrialKey> Keys);
