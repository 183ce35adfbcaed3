using System.IO.Hashing;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Weir.Server;

/// <summary>The JSON Schema of the policy document, for editors: <c>/schemas/policies.json</c>. It holds no secret, so it is open.</summary>
internal static class SchemaEndpoint
{
    private static readonly byte[] Schema = Encoding.UTF8.GetBytes(PolicySchema.Text);
    private static readonly EntityTagHeaderValue Tag = new($"\"{XxHash128.HashToUInt128(Schema):x}\"");

    public static Task Get(HttpContext http)
    {
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = Tag;
        headers.CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = TimeSpan.FromHours(1) };
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(Tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        http.Response.ContentType = PolicySchema.ContentType;
        http.Response.ContentLength = Schema.Length;
        return http.Response.Body.WriteAsync(Schema).AsTask();
    }
}
