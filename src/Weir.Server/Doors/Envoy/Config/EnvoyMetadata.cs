using System.Globalization;
using System.Text.Json.Nodes;

namespace Weir.Server;

/// <summary>Reads and merges the <c>metadata</c> of descriptors.</summary>
internal static class EnvoyMetadata
{
    /// <summary>Maximum length of a descriptor's metadata as JSON.</summary>
    public const int MaxLength = 16_384;

    private const string Shape = "a mapping, such as { service: search }";

    public static JsonObject? Read(DocumentWalk walk, DocumentField? metadata)
    {
        if (metadata is not { } field || field.Value.IsEmpty)
            return null;
        if (field.Value is not DocumentMapping mapping)
        {
            walk.Expected(field.Place, field.Value, Shape);
            return null;
        }

        var read = ReadObject(walk, mapping, field.Place);
        if (read.ToJsonString().Length <= MaxLength)
            return read;
        walk.Errors.Add(field.Place, $"is longer than {MaxLength} characters of JSON: write less");
        return null;
    }

    /// <summary>Merges metadata into a target. A value that is there stays, unless both are mappings.</summary>
    public static void Merge(JsonObject target, JsonObject source)
    {
        foreach (var (name, value) in source)
        {
            if (!target.TryGetPropertyValue(name, out var there))
                target.Add(name, value?.DeepClone());
            else if (there is JsonObject inner && value is JsonObject added)
                Merge(inner, added);
        }
    }

    private static JsonObject ReadObject(DocumentWalk walk, DocumentMapping mapping, DocumentPlace place)
    {
        var read = new JsonObject();
        foreach (var field in walk.Fields(mapping, place, Shape))
            read[field.Name] = ReadNode(walk, field.Value, field.Place);
        return read;
    }

    private static JsonNode? ReadNode(DocumentWalk walk, DocumentNode node, DocumentPlace place) => node switch
    {
        DocumentMapping mapping => ReadObject(walk, mapping, place),
        DocumentList list =>
            new JsonArray([.. list.Items.Select((item, i) => ReadNode(walk, item, place.Item(i, item)))]),
        DocumentText { Empty: false } text => ReadText(text),
        _ => null,
    };

    private static JsonValue? ReadText(DocumentText text) =>
        text.IsQuoted ? JsonValue.Create(text.Value)
        : text.Value is "true" or "True" or "TRUE" ? JsonValue.Create(true)
        : text.Value is "false" or "False" or "FALSE" ? JsonValue.Create(false)
        : double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number) ? JsonValue.Create(number)
        : JsonValue.Create(text.Value);
}
