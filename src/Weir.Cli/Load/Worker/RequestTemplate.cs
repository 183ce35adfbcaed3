using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Weir.Cli.Load;

/// <summary>Bytes of a request. Keys have a fixed length (<c>user_0042</c>), so that only digits change.</summary>
internal sealed class RequestTemplate
{
    private readonly byte[] _bytes;
    private readonly int _digitsAt;
    private readonly int _digits;

    public RequestTemplate(Uri url, long keys, string? tenant, long cost, string? apiKey = null)
    {
        Keys = keys;
        _digits = (keys - 1).ToString(CultureInfo.InvariantCulture).Length;
        string before = "{" + (tenant is null ? "" : $"\"tenant\":\"{JsonEncodedText.Encode(tenant)}\",") + "\"key\":\"user_";
        string body = before + new string('0', _digits) + $"\",\"cost\":{cost}}}";
        string head = $"POST {url.AbsolutePath.TrimEnd('/')}/limit/incr HTTP/1.1\r\nHost: {url.Authority}\r\n"
            + (apiKey is null ? "" : $"Authorization: Bearer {apiKey}\r\n")
            + $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n";
        _bytes = Encoding.UTF8.GetBytes(head + body);
        _digitsAt = Encoding.UTF8.GetByteCount(head + before);
    }

    public long Keys { get; }

    public byte[] Copy() => (byte[])_bytes.Clone();

    public void SetKey(byte[] copy, long key)
    {
        for (int at = _digitsAt + _digits - 1; at >= _digitsAt; at--, key /= 10)
            copy[at] = (byte)('0' + (key % 10));
    }
}
