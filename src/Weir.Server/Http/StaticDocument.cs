using System.IO.Hashing;
using Microsoft.Net.Http.Headers;

namespace Weir.Server;

internal sealed class StaticDocument(byte[] bytes, string contentType)
{
    private readonly EntityTagHeaderValue _tag = new($"\"{XxHash128.HashToUInt128(bytes):x}\"");

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
