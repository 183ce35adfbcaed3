using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir;

/// <summary>Block of a key: refuses all of the key's requests until its end.</summary>
/// <param name="Tenant">Tenant of the key.</param>
/// <param name="Key">Key as stored: plain, or its hash.</param>
/// <param name="Until">End of the block; null for a block without end.</param>
/// <param name="Reason">Text that refused callers get; at most <see cref="MaxReason"/> characters.</param>
public sealed record Block(string Tenant, string Key, DateTimeOffset? Until, string Reason)
{
    /// <summary>Maximum length of a reason in characters.</summary>
    public const int MaxReason = 256;

    /// <summary>Maximum number of blocks at the same time.</summary>
    public const int MaxBlocks = 10_000;

    /// <summary>Returns the block as JSON, the form in which it is stored.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BlockJson.Default.Block);

    /// <summary>Parses the JSON of a block; null if the text is not a block.</summary>
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
