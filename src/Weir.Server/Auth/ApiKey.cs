using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>An API key with the SHA-256 of its secret. A configured key has no creation time.</summary>
internal sealed record ApiKey(string Id, string? Name, KeyScope Scope, string? Tenant, DateTimeOffset? Until, DateTimeOffset? Created, byte[] Hash)
{
    /// <summary>ID of the key in <c>Weir:Auth:AdminKey</c>.</summary>
    public const string AdminId = "admin";

    /// <summary>Maximum number of live keys, and separately of configured keys.</summary>
    public const int MaxKeys = 10_000;

    public string Who { get; } = Name is null || Created is null ? Id : $"{Name} ({Id})";

    public string ToJson() => JsonSerializer.Serialize(
        new KeptKey(Name, Spelling.Of(Scope), Tenant, Until, Created, Convert.ToHexStringLower(Hash)), KeptKeyJson.Default.KeptKey);

    /// <summary>Parses a stored key. Returns null for an unknown format, such as that of a later version.</summary>
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

internal sealed record KeptKey(string? Name, string Scope, string? Tenant, DateTimeOffset? Until, DateTimeOffset? Created, string Hash);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(KeptKey))]
internal sealed partial class KeptKeyJson : JsonSerializerContext;
