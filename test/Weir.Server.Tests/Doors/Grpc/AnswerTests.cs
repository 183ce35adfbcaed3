using Weir.Server.Tests.Harness;
using Weir.Server.Tests.Paths;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>Headers, metadata and metrics of an answer.</summary>
public sealed class AnswerTests : IDisposable
{
    private readonly PolicyFile _policies = new();

    public void Dispose() => _policies.Dispose();

    [Theory]
    [InlineData("draft-11")]
    [InlineData("draft-06")]
    [InlineData("off")]
    public async Task Headers_are_those_of_HTTP_in_each_form(string form)
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen, _policies.Setting, $"Weir:Headers={form}");
        using var client = new GrpcClient(server);
        string[] names = ["RateLimit-Policy", "RateLimit", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"];
        foreach (uint hits in (uint[])[7, 4])
        {
            // Of another key, so that both have spent the same.
            var http = await server.Http.TakeAsync("over-http", hits, "slow");
            var request = GrpcClient.Request("slow", GrpcClient.Of("key=over-grpc"));
            request.HitsAddend = hits;
            var sent = (await client.AskAsync(request)).ResponseHeadersToAdd.ToDictionary(header => header.Key, header => header.Value);
            Assert.Equal(names.Where(name => http.Header(name) is not null).Order(), sent.Keys.Order());
            Assert.All(sent, header => Assert.Equal(Blurred(http.Header(header.Key)!), Blurred(header.Value)));
        }

        // Seconds may pass between the two.
        static string Blurred(string text) => System.Text.RegularExpressions.Regex.Replace(text, "t=[0-9]+|^[0-9]{3,4}$", "");
    }

    [Fact]
    public async Task The_headers_of_several_descriptors_are_those_of_the_governing_one()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen, _policies.Setting);
        using var client = new GrpcClient(server);
        await server.Http.TakeAsync("b", 10, "slow");
        var answer = await client.AskAsync("slow", GrpcClient.Of("key=a"), GrpcClient.Of("key=b"), GrpcClient.Of("key=c"));
        Assert.StartsWith("\"per-key\";r=0", answer.ResponseHeadersToAdd.Single(header => header.Key == "RateLimit").Value, StringComparison.Ordinal);
        Assert.Contains(answer.ResponseHeadersToAdd, header => header.Key == "Retry-After");
    }

    [Fact]
    public async Task Metadata_has_the_governing_limit_if_it_is_on()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen, _policies.Setting, "Weir:Grpc:Metadata=true");
        using var client = new GrpcClient(server);
        await server.Http.TakeAsync("b", 4, "slow");
        var metadata = (await client.AskAsync("slow", GrpcClient.Of("key=a"), GrpcClient.Of("key=b"))).DynamicMetadata.Fields;
        Assert.Equal(("slow", "slow", "per-key", "memory"), (metadata["tenant"].StringValue, metadata["plan"].StringValue, metadata["limit"].StringValue, metadata["source"].StringValue));
        Assert.Equal((5, 10, 0), (metadata["remaining"].NumberValue, metadata["capacity"].NumberValue, metadata["retryAfterMs"].NumberValue));
        Assert.Equal((true, false), (metadata["allowed"].BoolValue, metadata["degraded"].BoolValue));
    }

    [Fact]
    public async Task Metadata_is_off_by_default()
    {
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen, _policies.Setting);
        using var client = new GrpcClient(server);
        Assert.Null((await client.AskAsync("slow", GrpcClient.Of("key=a"))).DynamicMetadata);
    }

    [Fact]
    public async Task A_request_is_counted_once_however_many_descriptors_it_has_and_a_check_is_not()
    {
        using var server = await ServerProcess.StartAsync(GrpcClient.Listen, _policies.Setting);
        using var client = await GrpcClient.OpenAsync(server);
        await client.AskAsync("slow", GrpcClient.Of("key=a"));
        await client.AskAsync("slow", GrpcClient.Of("key=a"), GrpcClient.Of("key=b"));
        var request = GrpcClient.Request("slow", GrpcClient.Of("key=a"), GrpcClient.Of("key=c"));
        request.HitsAddend = 9;
        await client.AskAsync(request);
        var check = GrpcClient.Of("key=a");
        check.HitsAddend = 0;
        await client.AskAsync("slow", check);
        await client.AskAsync("slow", check, check.Clone());
        const string Decided = "weir_decisions_total{limit=\"per-key\",outcome=\"";
        const string By = "\",plan=\"slow\",source=\"memory\"}";
        var metrics = await MetricsTests.ReadUntilAsync(server, metrics => metrics[$"{Decided}refused{By}"] == 1);
        Assert.Equal(2, metrics[$"{Decided}allowed{By}"]);
        Assert.Equal(2, metrics.Of("weir_decisions_total").Count());
    }
}
