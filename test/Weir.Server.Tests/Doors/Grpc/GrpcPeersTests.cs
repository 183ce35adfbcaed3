using Microsoft.Extensions.DependencyInjection;
using Weir.Server.Tests.Docs;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Grpc;

/// <summary>A gRPC client of another language.</summary>
public sealed class GrpcPeersTests : IAsyncLifetime
{
    private readonly PolicyFile _policies = new();
    private readonly TemporaryFolder _folder = new();
    private RunningServer _server = null!;

    private string Address => _server.Services.GetRequiredService<GrpcDoor>().Address;

    public async ValueTask InitializeAsync() =>
        _server = await RunningServer.StartAsync([GrpcClient.Listen, _policies.Setting, .. KeyCalls.Closed]);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
        _policies.Dispose();
    }

    [Fact]
    public async Task Grpc_js_takes_is_refused_and_reads_errors()
    {
        await InstallAsync();
        string script = _folder.Write("take.js",
            """
            const grpc = require('@grpc/grpc-js');
            const loader = require('@grpc/proto-loader');
            const [address, protos, key] = process.argv.slice(2);
            const files = loader.loadSync('envoy/service/ratelimit/v3/rls.proto', { includeDirs: [protos], enums: String });
            const { RateLimitService } = grpc.loadPackageDefinition(files).envoy.service.ratelimit.v3;
            const client = new RateLimitService(address, grpc.credentials.createInsecure());
            const metadata = new grpc.Metadata();
            metadata.set('authorization', 'Bearer ' + key);
            const ask = (request, metadata) => new Promise(resolve => client.shouldRateLimit(
              request, metadata, (error, answer) => resolve(error ? error.code + ' ' + error.details : answer)));
            const descriptor = { entries: [{ key: 'key', value: 'js' }] };
            (async () => {
              const answers = await Promise.all(
                Array.from({ length: 30 }, () => ask({ domain: 'slow', descriptors: [descriptor] }, metadata)));
              for (const code of ['OK', 'OVER_LIMIT'])
                console.log(code, answers.filter(answer => answer.overallCode === code).length);
              const [status] = answers.find(answer => answer.overallCode === 'OVER_LIMIT').statuses;
              console.log(status.code, status.currentLimit.name, status.currentLimit.requestsPerUnit, status.currentLimit.unit);
              console.log(await ask({ domain: 'slow' }, metadata));
              console.log(await ask({ domain: 'slow', descriptors: [descriptor] }, new grpc.Metadata()));
              client.close();
            })();
            """);
        string protos = Path.Combine(Repository.Root, "src/Weir.Server/Doors/Grpc/Protos");
        Assert.Equal(
            "OK 10\nOVER_LIMIT 20\nOVER_LIMIT per-key 10 HOUR\n3 descriptors: it is empty; send at least one descriptor\n"
                + "16 authorization: no key; send Bearer KEY in this metadata\n",
            await Peer.RunAsync("node", script, Address, protos, AdminCalls.Key));
    }

    [Fact]
    public async Task The_client_of_the_page_takes()
    {
        await InstallAsync();
        await using var server = await RunningServer.StartAsync(GrpcClient.Listen);
        string text = MarkdownPage.All["docs/grpc.md"].Blocks.Single(block => block.Language == "javascript").Text
            .Replace("127.0.0.1:8081", server.Services.GetRequiredService<GrpcDoor>().Address, StringComparison.Ordinal)
            // No machine is too busy for this deadline.
            .Replace("+ 500", "+ 60000", StringComparison.Ordinal)
            .Replace("src/Weir.Server", Path.Combine(Repository.Root, "src/Weir.Server"), StringComparison.Ordinal);
        Assert.Equal("OK\n", await Peer.RunAsync("node", _folder.Write("page.js", text)));
    }

    private Task InstallAsync() => Peer.InstallAsync(_folder.Path, "@grpc/grpc-js", "@grpc/proto-loader");
}
