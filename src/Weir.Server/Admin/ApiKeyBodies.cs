using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>A key to be created.</summary>
internal sealed record NewKeyBody
{
    /// <summary>What the audit trail calls it.</summary>
    public string? Name { get; set; }

    /// <summary><c>admin</c> or <c>take</c>.</summary>
    public string? Scope { get; set; }

    /// <summary>The one tenant that it may take for; left out, all.</summary>
    public string? Tenant { get; set; }

    /// <summary>Until when; for good without it.</summary>
    [JsonConverter(typeof(StrictTime))]
    public DateTimeOffset? Until { get; set; }
}

/// <summary>A key that was created.</summary>
/// <param name="Id">The id, by which it is revoked.</param>
/// <param name="Key">The secret, shown here and never again.</param>
/// <param name="Name">What the audit trail calls it.</param>
/// <param name="Scope">The scope.</param>
/// <param name="Tenant">The one tenant that it may take for; absent for all.</param>
/// <param name="Until">Until when; absent for good.</param>
internal sealed record CreatedKeyBody(string Id, string Key, string? Name, string Scope, string? Tenant, DateTimeOffset? Until);

/// <summary>A key, without its secret.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">What the audit trail calls it.</param>
/// <param name="Scope">The scope.</param>
/// <param name="Tenant">The one tenant that it may take for; absent for all.</param>
/// <param name="Until">Until when; absent for good.</param>
/// <param name="Expired">Whether that is over.</param>
/// <param name="Created">When it was created; absent for one of the configuration.</param>
/// <param name="From">Where it is said: <c>configuration</c> or <c>live</c>.</param>
internal sealed record ApiKeyBody(string Id, string? Name, string Scope, string? Tenant, DateTimeOffset? Until, bool Expired, DateTimeOffset? Created, string From);

/// <summary>The keys, in the order of their ids.</summary>
/// <param name="Keys">A page of them.</param>
/// <param name="Next">What to send as <c>after</c> for the next page; absent on the last one.</param>
internal sealed record ApiKeysBody(IReadOnlyList<ApiKeyBody> Keys, string? Next);
