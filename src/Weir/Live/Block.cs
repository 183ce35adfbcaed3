using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir;

/// <summary>A blocked key (or its hash). A null end never comes. Refused callers get the reason.</summary>
public sealed record Block(string Tenant, string Key, DateTimeOffset? Until, string Reason)
{
    /// <summary>Maximum length of a reason in characters.</summary>
    public const int MaxReason = 256;

    /// <summary>Maximum number of blocks at the same time.</summary>
    public const int MaxBlocks = 10_000;

    /// <summary>Returns the stored text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BlockJson.Default.Block);

    /// <summary>Reads the stored text; null if it is no block.</summary>
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
