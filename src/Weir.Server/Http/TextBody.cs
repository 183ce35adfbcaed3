using System.Text;

namespace Weir.Server;

/// <summary>Reads a UTF-8 body up to a maximum size. Returns null after it has answered an error.</summary>
internal static class TextBody
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static async ValueTask<string?> ReadAsync(HttpContext http, string[] mediaTypes, int limit)
    {
        string type = (http.Request.ContentType ?? "").Split(';')[0].Trim();
        if (!mediaTypes.Contains(type, StringComparer.OrdinalIgnoreCase))
        {
            await Problems.WrongMediaType(http, mediaTypes);
            return null;
        }

        return await JsonBody.ReadAsync<string>(http, limit, bytes =>
        {
            try
            {
                return (Utf8.GetString(bytes), null);
            }
            catch (DecoderFallbackException)
            {
                return (null, new Complaint("body", "the body is not UTF-8: send it in UTF-8"));
            }
        });
    }
}
