using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>Reads RFC 3339 with an offset. Without one, a time would depend on the server's zone.</summary>
internal sealed class StrictTime : JsonConverter<DateTimeOffset?>
{
    public override bool HandleNull => true;

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Timestamp.TryParse(reader.GetString()!, out var time) ? time : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, options);
}
