namespace Weir.Server;

/// <summary>Reads the header <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    private const int Longest = 256;

    public static readonly HeaderParameter Described = new(Header, $"1 to {Longest} characters: the same request under the same key is done once and answered the same for ten minutes.");

    public static string? Of(HttpContext http) => http.Request.Headers[Header] is { Count: 1 } values ? values[0] : null;

    public static Complaint? Complaint(HttpContext http)
    {
        var values = http.Request.Headers[Header];
        return values.Count > 1 ? new Complaint(Header, $"{Header} is given {values.Count} times: give it once")
            : values.Count == 1 && values[0]!.Length is 0 or > Longest ? new Complaint(Header, $"{Header} must be 1 to {Longest} characters, such as a UUID")
            : null;
    }

    /// <summary>Refuses the header for a batch, because one key cannot identify several takes.</summary>
    public static Complaint? ComplaintOfBatch(HttpContext http) => http.Request.Headers.ContainsKey(Header)
        ? new Complaint(Header, $"{Header} is not taken for a batch: send those takes one by one to /v1/take")
        : null;
}
