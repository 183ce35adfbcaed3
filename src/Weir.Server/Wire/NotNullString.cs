using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>A field that may be left out, but not be null: who sends null meant to send something.</summary>
internal sealed class NotNullString : JsonConverter<string>
{
    public override bool HandleNull => true;

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
