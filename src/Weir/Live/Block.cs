using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir;

/// <summary>A key of a tenant that is refused until a time, whatever its limits say.</summary>
/// <param name="Tenant">Whose key.</param>
/// <param name="Key">The key, or, where keys are hashed, its hash (<see cref="KeyHash"/>).</param>
/// <param name="Until">Until when; null for good.</param>
/// <param name="Reason">The reason, which refused callers are told.</param>
public sealed record Block(string Tenant, string Key, DateTimeOffset? Until, string Reason)
{
    /// <summary>Characters of a reason, at most.</summary>
    public const int MaxReason = 256;

    /// <summary>Blocks at the same time, at most.</summary>
    public const int MaxBlocks = 10_000;

    /// <summary>The block as it is kept.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BlockJson.Default.Block);

    /// <summary>Null when it is something else.</summary>
    public static Block? FromJson(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, BlockJson.Default.Block) is { Tenant: not null, Key: not null, Reason: not null } block ? block : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(Block))]
internal sealed partial class BlockJson : JsonSerializerContext;
