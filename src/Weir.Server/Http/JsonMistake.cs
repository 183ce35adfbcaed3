using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

internal static class JsonMistake
{
    public const string RequestShape = "an object with key, cost, costs, tenant and attributes";

    private const int MaxPath = 100;

    public static Complaint Explain(JsonException mistake, JsonTypeInfo body)
    {
        string path = Shorten((mistake.Path ?? "$").TrimStart('$').TrimStart('.'));
        string field = path[(path.LastIndexOf('.') + 1)..];
        if (path.Length == 0 || mistake.InnerException is JsonException)
            return NotJson(mistake);
        return IsUnknown(mistake)
            ? new Complaint(path, $"{path} is not a field of this request: leave it out, or correct its name ({Fields(path, body)})")
            : new Complaint(path, $"{path} must be given once, as {CureOf(path, field, body.Type)}");
    }

    /// <summary>True if the field is unknown. Only the exception's message identifies this error.</summary>
    private static bool IsUnknown(JsonException mistake) => mistake.Message.Contains("could not be mapped", StringComparison.Ordinal);

    private static string Shorten(string path) => path.Length <= MaxPath ? path : path[..MaxPath] + "…";

    private static Complaint NotJson(JsonException mistake) => new(
        "body",
        mistake.LineNumber is { } line
            ? $"the body is not the JSON object that this path takes: look at line {line + 1}, byte {mistake.BytePositionInLine}"
            : "the body is not the JSON object that this path takes");

    private static string CureOf(string path, string field, Type body) => field switch
    {
        _ when IsWithin("attributes", path) => "a string",
        _ when IsWithin("costs", path) => $"a whole number from 0 to {Bounds.MaxCost}",
        "costs" =>
            $"an object of at most {Plan.MaxLimits} whole numbers from 0 to {Bounds.MaxCost}, "
                + "such as {\"tokens\":812}",
        "key" => $"a string of 1 to {Bounds.MaxKeyBytes} bytes of UTF-8",
        "ttlMs" => $"a whole number from 1 to {Reservations.MaxLife.TotalMilliseconds:0}",
        "cost" when body == typeof(CommitBody) => $"a whole number from 0 to {Bounds.MaxCost}",
        "cost" => $"a whole number from 1 (0 for a check) to {Bounds.MaxCost}",
        "tenant" or "name" => $"a string of {Bounds.NameRule}",
        "attributes" => $"an object of at most {Bounds.MaxAttributes} strings",
        "requests" => $"an array of 1 to {Bounds.MaxBatch} requests",
        "version" => "a whole number: a version that the audit trail names",
        "scope" => "a string: admin or take",
        "until" => $"a string that is a time with an offset from UTC, such as {Timestamp.Example}",
        "reason" => $"a string of 1 to {Block.MaxReason} characters",
        _ when field.StartsWith("requests[", StringComparison.Ordinal) => RequestShape,
        _ => "the kind of value that /openapi/v1.json says",
    };

    private static bool IsWithin(string field, string path) =>
        path.Contains(field + ".", StringComparison.Ordinal) || path.Contains(field + "[", StringComparison.Ordinal);

    private static string Fields(string path, JsonTypeInfo body) =>
        NamesOf(path.Contains('.', StringComparison.Ordinal) && body.Type == typeof(BatchBody) ? WireJson.Default.TakeBody : body);

    private static string NamesOf(JsonTypeInfo body) => string.Join(", ", body.Properties.Select(field => field.Name));
}
