using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>An API key. Only the hash of the secret is kept.</summary>
/// <param name="Id">The id; never a secret.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="Scope">The scope.</param>
/// <param name="Tenant">The one tenant that it may take for; null for all.</param>
/// <param name="Until">Until when it opens anything; null for good.</param>
/// <param name="Created">When it was made; null for a key of the configuration.</param>
/// <param name="Hash">SHA-256 of the secret.</param>
internal sealed record ApiKey(string Id, string? Name, KeyScope Scope, string? Tenant, DateTimeOffset? Until, DateTimeOffset? Created, byte[] Hash)
{
    /// <summary>The id of <c>Weir:Auth:AdminKey</c>, and its name in the audit trail.</summary>
    public const string AdminId = "admin";

    /// <summary>Keys at the same time, at most; as many again in the configuration.</summary>
    public const int MaxKeys = 10_000;

    /// <summary>The key's name in the audit trail.</summary>
    public string Who { get; } = Name is null || Created is null ? Id : $"{Name} ({Id})";

    /// <summary>The key as it is kept.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new KeptKey(Name, Spelling.Of(Scope), Tenant, Until, Created, Convert.ToHexStringLower(Hash)), KeptKeyJson.Default.KeptKey);

    /// <summary>
    /// Null when it is something else, such as a key of a later version: what we cannot read must not open anything.
    /// </summary>
    public static ApiKey? FromJson(string id, string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, KeptKeyJson.Default.KeptKey) is { Hash.Length: 64, Scope: "admin" or "take" } kept
                ? new ApiKey(id, kept.Name, kept.Scope == "admin" ? KeyScope.Admin : KeyScope.Take, kept.Tenant, kept.Until, kept.Created, Convert.FromHexString(kept.Hash))
                : null;
        }
        catch (Exception other) when (other is JsonException or FormatException)
        {
            return null;
        }
    }
}

/// <summary>A key as live data has it.</summary>
internal sealed record KeptKey(string? Name, string Scope, string? Tenant, DateTimeOffset? Until, DateTimeOffset? Created, string Hash);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(KeptKey))]
internal sealed partial class KeptKeyJson : JsonSerializerContext;
