using System.Buffers;
using System.Text.Json;

namespace Weir.Server;

/// <summary>Reads a RateLimitRequest from JSON.</summary>
internal static class EnvoyRequestReader
{
    public static (EnvoyRequestBody? Body, Complaint? Complaint) Parse(ReadOnlySequence<byte> bytes)
    {
        try
        {
            var options = new JsonReaderOptions { MaxDepth = EnvoyJson.Default.Options.MaxDepth };
            var reader = new Utf8JsonReader(bytes, options);
            var body = JsonSerializer.Deserialize(ref reader, EnvoyJson.Default.EnvoyRequestBody);
            // Nothing may follow.
            return body is null || reader.Read() ? (null, NotOne("$")) : (body, null);
        }
        catch (JsonException mistake)
        {
            return (null, NotOne(mistake.Path));
        }
    }

    public static Complaint? Descriptors(EnvoyRequestBody body, out List<EnvoyDescriptor> descriptors)
    {
        descriptors = [];
        foreach (var (i, descriptor) in (body.Descriptors ?? []).Index())
        {
            if (descriptor is null || descriptor.Entries?.Contains(null!) == true)
                return new($"descriptors[{i}]", $"descriptors[{i}] holds null: send an object with entries");
            var limit = descriptor.Limit is { } given ? OverrideOf(given) : (EnvoyOverride?)null;
            var entries = (descriptor.Entries ?? [])
                .ConvertAll(entry => new EnvoyEntry(entry.Key ?? "", entry.Value ?? ""));
            var hits = descriptor.HitsAddend ?? descriptor.OriginalHitsAddend;
            descriptors.Add(new EnvoyDescriptor(entries, limit, hits));
        }

        return null;
    }

    private static EnvoyOverride OverrideOf(EnvoyOverrideBody limit) =>
        new(limit.RequestsPerUnit ?? limit.OriginalRequestsPerUnit ?? 0, UnitOf(limit.Unit));

    // A name of the protocol or its number; anything else is no unit.
    private static EnvoyUnit UnitOf(JsonElement? unit) => unit switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int value) => (EnvoyUnit)value,
        { ValueKind: JsonValueKind.String } name => Array.Find(
            Enum.GetValues<EnvoyUnit>(),
            known => known.ToString().Equals(name.GetString(), StringComparison.OrdinalIgnoreCase)),
        _ => EnvoyUnit.Unknown,
    };

    private static Complaint NotOne(string? path) => new(
        "body", $"the body is not the JSON of a RateLimitRequest (look at {path ?? "$"}): send an object such as "
            + """{"domain":"shop","descriptors":[{"entries":[{"key":"user","value":"anna"}]}]}""");
}
