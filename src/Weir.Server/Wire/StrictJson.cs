using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

/// <summary>JSON metadata of a type that refuses null fields, because null is probably a mistake.</summary>
internal static class StrictJson<T>
{
    public static JsonTypeInfo<T> Type { get; } = (JsonTypeInfo<T>)StrictJson.Options.GetTypeInfo(typeof(T));
}

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
