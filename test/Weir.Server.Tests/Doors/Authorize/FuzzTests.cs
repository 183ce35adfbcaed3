using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>A proxy passes on the headers of its clients, so any byte can be in them.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Names =
    [
        .. OriginalRequest.UriHeaders, .. OriginalRequest.MethodHeaders, .. OriginalRequest.HostHeaders,
        "X-Forwarded-For", "X-User", "X-Tenant",
    ];

    private static readonly Gen<byte[]> Pieces = Gen.OneOf(
        Gen.Byte.Array[1, 4],
        Gen.OneOf(
            "/", "//", "/../", "?", "#", "&", "=", "%", "%2F", "%00", "%ED%A0%80", "%F0%9F", ",", ":", "://", "[", "]",
            "[::1]:1", "1.2.3.4", "fe80::1%eth0", "999.1.1.1", "\t", " ", "@", ".", "user=", "é", "😀")
            .Select(Encoding.UTF8.GetBytes));

    private static readonly Gen<byte[]> Values = Gen.Frequency(
        (9, Pieces.Array[0, 8].Select(pieces => pieces.SelectMany(piece => piece).ToArray())),
        (1, Gen.Int[200, 9_000].Select(length => Encoding.ASCII.GetBytes(new string('/', length)))));

    private static readonly Gen<byte[]> Requests = Gen.Select(
        Gen.OneOf("GET", "POST", "OPTIONS", "PURGE"), Gen.OneOf("", "/", "/search?user=a", "/%FF/..?&=%"),
        Gen.Select(Gen.OneOf(Names), Values).Array[0, 6], RequestOf);

    /// <summary>The number of requests; CONTRIBUTING.md has the command for a long run.</summary>
    private static readonly long Count =
        long.TryParse(Environment.GetEnvironmentVariable("FUZZ_REQUESTS"), out long count) ? count : 1_000;

    [Fact]
    public async Task No_header_whatever_makes_the_server_fail()
    {
        await using var own = await ServerInMemory.StartAsync(
            "Weir:Authorize:Tenant=header:X-Tenant,const:acme", "Weir:Authorize:Key=header:X-User,query:user,ip",
            "Weir:Authorize:Attributes:route=path", "Weir:Authorize:Attributes:host=host",
            "Weir:Authorize:Attributes:method=method");
        await Requests.SampleAsync(
            async request =>
            {
                using var connection = await RawConnection.OpenAsync(own.Server.Address);
                await connection.SendAsync(request);
                string answer = await connection.ReadToEndAsync();
                Assert.Matches("^HTTP/1.1 (200|400|429|503) ", answer);
            },
            iter: Count,
            threads: 2);
        Assert.Empty(own.Server.Log.AtLeast(LogLevel.Error));
    }

    /// <summary>The bytes of a request; line ends within a value would end the header.</summary>
    private static byte[] RequestOf(string method, string behind, (string Name, byte[] Value)[] headers)
    {
        string first = $"{method} /v1/authorize{behind} HTTP/1.1\r\nHost: localhost\r\n";
        var bytes = new List<byte>(Encoding.ASCII.GetBytes(first));
        foreach (var (name, value) in headers)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes($"{name}: "));
            bytes.AddRange(value.Where(letter => letter is not ((byte)'\r' or (byte)'\n')));
            bytes.AddRange("\r\n"u8);
        }

        bytes.AddRange("Connection: close\r\n\r\n"u8);
        return [.. bytes];
    }
}
