using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

/// <summary>
/// How bodies are read: a field may be left out but not be null, since a caller that sends null meant to send
/// something.
/// </summary>
/// <typeparam name="T">The body.</typeparam>
internal static class StrictJson<T>
{
    /// <summary>The body's type, as it is read.</summary>
    public static JsonTypeInfo<T> Type { get; } = (JsonTypeInfo<T>)StrictJson.Options.GetTypeInfo(typeof(T));
}

/// <inheritdoc cref="StrictJson{T}"/>
internal static class StrictJson
{
    public static readonly JsonSerializerOptions Options = new(WireJson.Default.Options)
    {
        RespectNullableAnnotations = true,
        TypeInfoResolver = WireJson.Default.WithAddedModifier(RefuseNull),
    };

    private static void RefuseNull(JsonTypeInfo type)
    {
        foreach (var field in type.Properties.Where(field => field.Set is not null))
            field.IsSetNullable = false;
    }
}
