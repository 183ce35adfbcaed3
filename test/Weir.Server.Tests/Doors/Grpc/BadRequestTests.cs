using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Weir.Server.Envoy;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>Every bad request is an invalid argument that names the field and the cure.</summary>
public sealed class BadRequestTests : IAsyncLifetime
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    private RunningServer _server = null!;
    private GrpcClient _client = null!;

    public static TheoryData<string, string> Requests => new()
    {
        { """{ "descriptors": [ { "entries": [ { "key": "a", "value": "b" } ] } ] }""", "domain: it is empty; send the tenant" },
        { """{ "domain": "a b", "descriptors": [ { "entries": [ { "key": "a" } ] } ] }""", $"domain: it is no tenant; use {Bounds.NameRule}" },
        { """{ "domain": "acme" }""", "descriptors: it is empty; send at least one descriptor" },
        { """{ "domain": "acme", "descriptors": [ {} ] }""", "descriptors[0].entries: it is empty; send at least one entry" },
        {
            """{ "domain": "acme", "descriptors": [ { "entries": [ { "key": "a", "value": "b" } ] }, { "entries": [ { "key": "", "value": "b" } ] } ] }""",
            $"descriptors[1].entries: an attribute's name must be {Bounds.NameRule}"
        },
        {
            """{ "domain": "acme", "descriptors": [ { "entries": [ { "key": "key" } ] } ] }""",
            "descriptors[0].entries: key is missing or empty: name what is limited, in 1 to 256 bytes of UTF-8"
        },
        {
            """{ "domain": "acme", "descriptors": [ { "entries": [ { "key": "a", "value": "1" }, { "key": "a", "value": "2" } ] } ] }""",
            "descriptors[0].entries: \"a\" comes twice; give each entry its own key (Envoy: descriptor_key)"
        },
        {
            """{ "domain": "acme", "hitsAddend": 4294967295, "descriptors": [ { "entries": [ { "key": "a" } ] } ] }""",
            "hits_addend: it is 4294967295; send 2147483648 at most"
        },
        {
            """{ "domain": "acme", "descriptors": [ { "hitsAddend": "18446744073709551615", "entries": [ { "key": "a" } ] } ] }""",
            "descriptors[0].hits_addend: it is 18446744073709551615; send 2147483648 at most"
        },
        {
            """{ "domain": "acme", "descriptors": [ { "limit": { "requestsPerUnit": 1 }, "entries": [ { "key": "a" } ] } ] }""",
            "descriptors[0].limit.unit: Unknown is no unit; use SECOND, MINUTE, HOUR, DAY, WEEK, MONTH or YEAR"
        },
        {
            """{ "domain": "acme", "descriptors": [ { "limit": { "requestsPerUnit": 1, "unit": 8 }, "entries": [ { "key": "a" } ] } ] }""",
            "descriptors[0].limit.unit: 8 is no unit; use SECOND, MINUTE, HOUR, DAY, WEEK, MONTH or YEAR"
        },
        {
            """{ "domain": "acme", "descriptors": [ { "limit": { "requestsPerUnit": 4294967295, "unit": "YEAR" }, "entries": [ { "key": "a" } ] } ] }""",
            "descriptors[0].limit.requests_per_unit: 4294967295 per Year: a burst of 4294967295 at 286331153 tokens per "
                + "24.08:00:00 is too large to count exactly; lower the burst or the period"
        },
    };

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(GrpcClient.Listen);
        _client = new GrpcClient(_server);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task The_message_names_the_field_and_the_cure(string request, string message)
    {
        var status = await _client.FailAsync(JsonParser.Default.Parse<RateLimitRequest>(request));
        Assert.Equal((StatusCode.InvalidArgument, message), (status.StatusCode, status.Detail));
    }

    [Fact]
    public async Task L10_descriptors_entries_and_lengths_have_bounds()
    {
        var most = Enumerable.Range(0, GrpcBounds.MaxDescriptors).Select(i => GrpcClient.Of($"key=k{i}")).ToArray();
        Assert.Equal(GrpcBounds.MaxDescriptors, (await _client.AskAsync("acme", most)).Statuses.Count);
        var status = await _client.FailAsync(GrpcClient.Request("acme", [.. most, GrpcClient.Of("key=one")]));
        Assert.Equal((StatusCode.InvalidArgument, "descriptors: it has 33; send 32 at most"), (status.StatusCode, status.Detail));

        string[] entries = [.. Enumerable.Range(0, Bounds.MaxAttributes).Select(i => $"a{i}=v"), "key=k"];
        Assert.Single((await _client.AskAsync("acme", GrpcClient.Of(entries))).Statuses);
        status = await _client.FailAsync(GrpcClient.Request("acme", GrpcClient.Of([.. entries, "one=v"])));
        Assert.Equal("descriptors[0].entries: it has 18; send 16 at most, besides key", status.Detail);

        status = await _client.FailAsync(GrpcClient.Request("acme", GrpcClient.Of("path=" + new string('a', 252))));
        Assert.StartsWith("descriptors[0].entries: joined as k=v|k=v, they are longer than 256 bytes", status.Detail, StringComparison.Ordinal);
        status = await _client.FailAsync(GrpcClient.Request("acme", GrpcClient.Of("key=k", "path=" + new string('a', 257))));
        Assert.StartsWith("descriptors[0].entries: attributes.path is longer than 256 bytes", status.Detail, StringComparison.Ordinal);
        Assert.Single((await _client.AskAsync("acme", GrpcClient.Of("key=k", "path=" + new string('a', 256)))).Statuses);
    }

    [Fact]
    public async Task L10_a_message_has_a_bound()
    {
        var status = await SendAsync(new byte[GrpcBounds.MaxMessage + 1]);
        Assert.Equal(StatusCode.ResourceExhausted, status.StatusCode);
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("0A05616263")]
    [InlineData("0A02FFFE")]
    public async Task Bytes_that_are_no_message_are_an_invalid_argument_and_no_error_of_the_server(string bytes)
    {
        var status = await SendAsync(Convert.FromHexString(bytes));
        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
        Assert.StartsWith("message: it is no RateLimitRequest (", status.Detail, StringComparison.Ordinal);
        Assert.EndsWith("; send one in the encoding of protobuf", status.Detail, StringComparison.Ordinal);
        Assert.Empty(_server.Log.AtLeast(LogLevel.Error));
    }

    [Fact]
    public async Task Another_method_is_unimplemented_and_the_message_names_the_right_one()
    {
        var method = new Method<byte[], byte[]>(
            MethodType.Unary, "envoy.service.ratelimit.v2.RateLimitService", "ShouldRateLimit", Bytes, Bytes);
        var thrown = await Assert.ThrowsAsync<RpcException>(
            () => _client.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, thrown.StatusCode);
        Assert.Contains("/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit decides", thrown.Status.Detail, StringComparison.Ordinal);
    }

    private async Task<Status> SendAsync(byte[] message)
    {
        var method = new Method<byte[], byte[]>(
            MethodType.Unary, RateLimitMethods.ShouldRateLimit.ServiceName, RateLimitMethods.ShouldRateLimit.Name, Bytes, Bytes);
        return (await Assert.ThrowsAsync<RpcException>(
            () => _client.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, message).ResponseAsync)).Status;
    }
}
