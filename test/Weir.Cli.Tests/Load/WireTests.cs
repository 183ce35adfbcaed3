using System.Text;
using System.Text.Json;
using Weir.Cli.Load;

namespace Weir.Cli.Tests;

public sealed class WireTests
{
    private const string Allowed = """{"allowed":true,"remaining":9,"resetAtMs":0,"source":"redis"}""";
    private const string Denied = """{"allowed":false,"remaining":0,"resetAtMs":17,"source":"memory"}""";

    [Fact]
    public void A_decision_is_read()
    {
        Assert.Equal(new Answer(AnswerKind.Allowed, AnswerSource.Redis, 200), Read(Response("200 OK", Allowed)));
        Assert.Equal(new Answer(AnswerKind.Denied, AnswerSource.Memory, 429), Read(Response("429 Too Many Requests", Denied)));
    }

    [Fact]
    public void A_response_is_not_read_before_it_is_whole()
    {
        byte[] whole = Response("200 OK", Allowed);

        for (int length = 0; length < whole.Length; length++)
            Assert.False(AnswerReader.TryRead(whole.AsSpan(0, length), out _, out _));
    }

    [Fact]
    public void A_chunked_response_is_read_when_its_last_chunk_is_there()
    {
        string text = $"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{Allowed.Length:x}\r\n{Allowed}\r\n0\r\n\r\n";
        byte[] whole = Encoding.UTF8.GetBytes(text);

        Assert.Equal(AnswerKind.Allowed, Read(whole).Kind);
        Assert.False(AnswerReader.TryRead(whole.AsSpan(0, whole.Length - 1), out _, out _));
    }

    [Theory]
    [InlineData("503 Service Unavailable", Allowed, nameof(AnswerKind.WrongStatus))]
    [InlineData("404 Not Found", "", nameof(AnswerKind.WrongStatus))]
    [InlineData("200 OK", Denied, nameof(AnswerKind.Malformed))]
    [InlineData("429 Too Many Requests", Allowed, nameof(AnswerKind.Malformed))]
    [InlineData("200 OK", "", nameof(AnswerKind.Malformed))]
    [InlineData("200 OK", """{"allowed":true}""", nameof(AnswerKind.Malformed))]
    public void What_is_not_a_decision_is_never_counted_as_one(string status, string body, string kind) =>
        Assert.Equal(kind, Read(Response(status, body)).Kind.ToString());

    [Fact]
    public void What_is_not_http_ends_the_connection()
    {
        Assert.True(AnswerReader.TryRead("SSH-2.0-x and more of it\r\n\r\n"u8, out var answer, out bool close));
        Assert.Equal((AnswerKind.Malformed, true), (answer.Kind, close));
    }

    [Fact]
    public void A_server_that_hangs_up_is_believed()
    {
        AnswerReader.TryRead(Encoding.UTF8.GetBytes("HTTP/1.1 503 No\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"), out _, out bool close);

        Assert.True(close);
    }

    [Fact]
    public void A_request_is_the_seeds_contract_to_the_letter()
    {
        byte[] request = new RequestTemplate(new Uri("http://localhost:3000"), keys: 10_000, tenant: null, cost: 1).Copy();

        Assert.Equal(
            "POST /limit/incr HTTP/1.1\r\nHost: localhost:3000\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
            + """{"key":"user_0000","cost":1}""",
            Encoding.UTF8.GetString(request));
    }

    [Fact]
    public void An_API_key_goes_into_a_header_and_nowhere_else()
    {
        var plain = new RequestTemplate(new Uri("http://localhost:3000"), keys: 10, tenant: null, cost: 1);
        var with = new RequestTemplate(new Uri("http://localhost:3000"), keys: 10, tenant: null, cost: 1, apiKey: "weir_secret");

        Assert.Equal(
            Encoding.UTF8.GetString(plain.Copy()).Replace("Content-Type", "Authorization: Bearer weir_secret\r\nContent-Type", StringComparison.Ordinal),
            Encoding.UTF8.GetString(with.Copy()));
    }

    [Fact]
    public void A_key_is_written_in_place()
    {
        var template = new RequestTemplate(new Uri("http://localhost:3000/behind/"), keys: 10_000, tenant: "a\"b", cost: 7);
        byte[] request = template.Copy();
        template.SetKey(request, 9_042);
        template.SetKey(request, 42);

        string text = Encoding.UTF8.GetString(request);
        using var body = JsonDocument.Parse(text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);

        Assert.StartsWith("POST /behind/limit/incr ", text, StringComparison.Ordinal);
        Assert.Equal("user_0042", body.RootElement.GetProperty("key").GetString());
        Assert.Equal("a\"b", body.RootElement.GetProperty("tenant").GetString());
        Assert.Equal(7, body.RootElement.GetProperty("cost").GetInt32());
    }

    private static byte[] Response(string status, string body) =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nServer: x\r\ncontent-LENGTH: {body.Length}\r\n\r\n{body}");

    private static Answer Read(byte[] response)
    {
        Assert.True(AnswerReader.TryRead(response, out var answer, out _));
        return answer;
    }
}
