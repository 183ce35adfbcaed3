using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>Body that creates an API key.</summary>
internal sealed record NewKeyBody
{
    /// <summary>Name of the key in the audit trail; the key ID if left out.</summary>
    public string? Name { get; set; }

    /// <summary>Scope of the key: <c>admin</c> or <c>take</c>.</summary>
    public string? Scope { get; set; }

    /// <summary>Only tenant that a <c>take</c> key is for; all tenants if left out.</summary>
    public string? Tenant { get; set; }

    /// <summary>Expiry time, with an offset from UTC; the key never expires if left out.</summary>
    [JsonConverter(typeof(StrictTime))]
    public DateTimeOffset? Until { get; set; }
}

/// <summary>A new API key with its secret.</summary>
/// <param name="Id">ID of the key; revoke the key by this ID.</param>
/// <param name="Key">Secret of the key. No other answer contains the secret.</param>
/// <param name="Name">Name of the key in the audit trail; absent for a key without a name.</param>
/// <param name="Scope">Scope of the key: <c>admin</c> or <c>take</c>.</param>
/// <param name="Tenant">Only tenant that the key is for; absent for all tenants.</param>
/// <param name="Until">Expiry time; absent if the key never expires.</param>
internal sealed record CreatedKeyBody(string Id, string Key, string? Name, string Scope, string? Tenant, DateTimeOffset? Until);

/// <summary>An API key without its secret.</summary>
/// <param name="Id">ID of the key.</param>
/// <param name="Name">Name of the key in the audit trail; absent for a key without a name.</param>
/// <param name="Scope">Scope of the key: <c>admin</c> or <c>take</c>.</param>
/// <param name="Tenant">Only tenant that the key is for; absent for all tenants.</param>
/// <param name="Until">Expiry time; absent if the key never expires.</param>
/// <param name="Expired">True if the key has expired.</param>
/// <param name="Created">Creation time; absent for a configured key.</param>
/// <param name="From">Origin of the key: <c>configuration</c> or <c>live</c>.</param>
internal sealed record ApiKeyBody(string Id, string? Name, string Scope, string? Tenant, DateTimeOffset? Until, bool Expired, DateTimeOffset? Created, string From);

/// <summary>A page of the API keys, sorted by ID.</summary>
/// <param name="Keys">API keys of this page.</param>
/// <param name="Next">Value of <c>after</c> for the next page; absent on the last page.</param>
internal sealed record ApiKeysBody(IReadOnlyList<ApiKeyBody> Keys, string? Next);
