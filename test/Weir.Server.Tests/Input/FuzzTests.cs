using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

public sealed class FuzzTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private static readonly Gen<string> Paths = Gen.OneOf("/limit/incr", "/v1/take", "/v1/check", "/v1/batch");

    private static readonly Gen<byte[]> Seeds = Gen.OneOf(
        """{"key":"k","cost":2,"tenant":"acme","attributes":{"region":"eu","route":"/search"}}"""u8.ToArray(),
        """{"requests":[{"key":"k","cost":2},{"key":"l","tenant":"acme","attributes":{"region":"eu"}}]}"""u8.ToArray());

    private static readonly Gen<byte[]> Pieces = Gen.OneOf(
        Gen.Byte.Array[1, 4],
        Gen.OneOf(
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\0", "null", "-", "1e9", "999999999999999999999", "\"key\":", "\"cost\":", "\"requests\":[", "é", "😀")
            .Select(Encoding.UTF8.GetBytes));

    private static readonly Gen<byte[]> Mutated = Gen.Select(Seeds, Gen.Select(Gen.Int[0, 100], Gen.Int[0, 6], Pieces).Array[1, 6], Mutate);

    private static readonly Gen<byte[]> Bodies = Gen.Frequency((1, Gen.Byte.Array[0, 200]), (4, Mutated));

    private static readonly Gen<string> Queries = Gen.Select(
        Gen.OneOf(Gen.OneOf("key", "cost", "tenant"), Gen.String[0, 5]),
        Gen.OneOf(Gen.String[0, 12], Gen.Int.Select(number => number.ToString())),
        (name, value) => $"{name}={value}").Array[0, 4].Select(parts => "?key=k&" + string.Join('&', parts));

    [Fact]
    public async Task No_body_whatever_makes_the_server_fail()
    {
        await Gen.Select(Paths, Bodies).SampleAsync(
            async (path, body) => AssertAnswered(await embedded.Http.PostAsync(path, body, "application/json")),
            iter: 300,
            threads: 2);
        Assert.Empty(embedded.Server.Log.AtLeast(LogLevel.Error));
    }

    [Fact]
    public async Task No_query_whatever_makes_the_server_fail()
    {
        await Queries.SampleAsync(
            async query => AssertAnswered(await embedded.Http.GetAsync("/limit/check" + Escape(query))),
            iter: 100,
            threads: 2);
        Assert.Empty(embedded.Server.Log.AtLeast(LogLevel.Error));
    }

    private static void AssertAnswered(Answer answer)
    {
        if (answer.Status is not (200 or 429))
            answer.AssertProblem(400);
    }

    /// <summary>As bytes in percents where a URL may not hold them, with what is malformed left so.</summary>
    private static string Escape(string query) => string.Concat(Encoding.UTF8.GetBytes(query).Select(value =>
        value is > 0x20 and < 0x7F and not (byte)'#' ? ((char)value).ToString() : $"%{value:X2}"));

    private static byte[] Mutate(byte[] body, (int At, int Cut, byte[] Piece)[] mutations)
    {
        foreach (var (at, cut, piece) in mutations)
        {
            int start = at % (body.Length + 1);
            body = [.. body[..start], .. piece, .. body[Math.Min(body.Length, start + cut)..]];
        }

        return body;
    }
}
