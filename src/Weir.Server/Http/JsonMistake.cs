using System.Text.Json;

namespace Weir.Server;

/// <summary>Says what is wrong with a JSON body: which field, and what would be right.</summary>
internal static class JsonMistake
{
    private const int MaxPath = 100;

    public static Complaint Explain(JsonException mistake)
    {
        string path = Shorten((mistake.Path ?? "$").TrimStart('$').TrimStart('.'));
        string field = path[(path.LastIndexOf('.') + 1)..];
        if (path.Length == 0 || mistake.InnerException is JsonException)
            return NotJson(mistake);
        return !IsUnknown(mistake) && CureOf(path, field) is { } cure
            ? new Complaint(path, $"{path} must be given once, as {cure}")
            : new Complaint(path, $"{path} is not a field of this request: leave it out, or correct its name ({Fields(path)})");
    }

    /// <summary>A field that another body has is none of this one. The reader's own words are the only place where it says so.</summary>
    private static bool IsUnknown(JsonException mistake) => mistake.Message.Contains("could not be mapped", StringComparison.Ordinal);

    /// <summary>A name that a stranger chose comes back only as far as a reader needs it.</summary>
    private static string Shorten(string path) => path.Length <= MaxPath ? path : path[..MaxPath] + "…";

    private static Complaint NotJson(JsonException mistake) => new(
        "body",
        mistake.LineNumber is { } line
            ? $"the body is not the JSON object that this path takes: look at line {line + 1}, byte {mistake.BytePositionInLine}"
            : "the body is not the JSON object that this path takes");

    private static string? CureOf(string path, string field) => field switch
    {
        "key" => $"a string of 1 to {Bounds.MaxKeyBytes} bytes of UTF-8",
        "ttlMs" => $"a whole number from 1 to {Reservations.MaxLife.TotalMilliseconds:0}",
        "cost" => $"a whole number from 1 (0 for a check) to {Bounds.MaxCost}",
        "tenant" => $"a string of {Bounds.NameRule}",
        "attributes" => $"an object of at most {Bounds.MaxAttributes} strings",
        "requests" => $"an array of 1 to {Bounds.MaxBatch} requests",
        _ when path.Contains("attributes", StringComparison.Ordinal) => "a string",
        _ when field.StartsWith("requests[", StringComparison.Ordinal) => "an object with key, cost, tenant and attributes",
        _ => null,
    };

    private static string Fields(string path) =>
        path.Contains('.', StringComparison.Ordinal) ? "key, cost, tenant, attributes" : "key, cost, tenant, attributes; requests in a batch; ttlMs in a reservation";
}
