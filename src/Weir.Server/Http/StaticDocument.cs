using System.IO.Hashing;
using Microsoft.Net.Http.Headers;

namespace Weir.Server;

/// <summary>A document that does not change while the service runs: sent from memory, with an entity tag.</summary>
/// <param name="bytes">The document.</param>
/// <param name="contentType">Its media type.</param>
internal sealed class StaticDocument(byte[] bytes, string contentType)
{
    private readonly EntityTagHeaderValue _tag = new($"\"{XxHash128.HashToUInt128(bytes):x}\"");

    /// <summary>Answers with the document, or with 304 if the caller has it.</summary>
    public Task Send(HttpContext http)
    {
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = _tag;
        headers.CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = TimeSpan.FromHours(1) };
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(_tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        http.Response.ContentType = contentType;
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes).AsTask();
    }
}
