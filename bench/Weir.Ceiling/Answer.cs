using System.Text.Json;

namespace Weir.Ceiling;

/// <summary>The decision of a fresh key, whatever was asked.</summary>
internal static class Answer
{
    private static readonly byte[] Body = """{"allowed":true,"remaining":9,"resetAtMs":0,"source":"memory"}"""u8.ToArray();

    /// <summary>Reads the request as JSON, as a service must, and answers.</summary>
    public static async Task AfterParsingAsync(HttpContext context)
    {
        TakeRequest? request = null;
        try
        {
            request = await context.Request.ReadFromJsonAsync(Wire.Default.TakeRequest, context.RequestAborted);
        }
        catch (JsonException)
        {
            // Broken JSON is answered below, like a missing key.
        }

        if (string.IsNullOrEmpty(request?.Key))
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        else
            await WriteAsync(context.Response);
    }

    /// <summary>Reads the request's bytes, since they must leave the connection, and answers.</summary>
    public static async Task WithoutParsingAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        await WriteAsync(context.Response);
    }

    private static Task WriteAsync(HttpResponse response)
    {
        var headers = response.Headers;
        headers.ContentType = "application/json";
        headers.ContentLength = Body.Length;
        headers["RateLimit-Policy"] = "\"per-key\";q=10;w=2";
        headers["RateLimit"] = "\"per-key\";r=9;t=1";
        return response.Body.WriteAsync(Body).AsTask();
    }
}
