using System.Text.Json;

namespace Weir.Server;

/// <summary>
/// Decides a batch slice by slice: no more than a slice of it is under way to the store, and none of its work is longer
/// than a turn (<see cref="BatchTurns"/>). So it delays other requests no longer than that, whatever its size.
/// </summary>
internal sealed class BatchEndpoint(Decider decider, BatchTurns turns)
{
    /// <summary>Bytes of the body of a batch.</summary>
    public const int MaxBody = 1024 * 1024;

    /// <summary>
    /// Requests that are decided together: enough to share a call to Redis, and few enough for a turn of a tenth of a
    /// millisecond.
    /// </summary>
    private const int SliceSize = 64;

    /// <summary>Bytes of the answer that are written before they are sent.</summary>
    private const int SendBytes = 64 * 1024;

    private static readonly JsonWriterOptions Compact = new() { SkipValidation = true };

    public async Task Decide(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<BatchBody>(http, MaxBody, turns);
        if (body is null)
            return;
        if ((BatchReader.Read(http.Request, body, out var requests) ?? IdempotencyKey.ComplaintOfBatch(http)) is { } complaint)
        {
            await Problems.Refuse(http, complaint);
            return;
        }

        http.Response.ContentType = DecisionAnswers.Json;
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Compact);
        json.WriteStartObject();
        json.WriteStartArray("decisions"u8);
        var decided = new Decision[SliceSize];
        for (int start = 0; start < requests.Length; start += SliceSize)
        {
            var slice = requests.AsMemory(start, Math.Min(SliceSize, requests.Length - start));
            await DecideAsync(slice, decided);
            await WriteAsync(http, json, decided.AsMemory(0, slice.Length));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// Asked all at once: they share the way to the store, and those for one key keep their order on it.
    /// </summary>
    private async Task DecideAsync(ReadOnlyMemory<RequestFacts> slice, Decision[] decided)
    {
        var asked = new Task<Decision>[slice.Length];
        using (await turns.TakeAsync())
        {
            for (int i = 0; i < asked.Length; i++)
                asked[i] = decider.DecideAsync(slice.Span[i], spend: true).AsTask();
        }

        for (int i = 0; i < asked.Length; i++)
            decided[i] = await asked[i];
    }

    private async Task WriteAsync(HttpContext http, Utf8JsonWriter json, ReadOnlyMemory<Decision> decided)
    {
        using (await turns.TakeAsync())
        {
            foreach (var decision in decided.Span)
                JsonSerializer.Serialize(json, Spelling.Body(decision), WireJson.Default.DecisionBody);
            json.Flush();
        }

        if (http.Response.BodyWriter.UnflushedBytes >= SendBytes)
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
