namespace Weir.Server.Tests.Harness;

/// <summary>One server in embedded mode for all tests of a class; they stay apart by using fresh keys.</summary>
public sealed class EmbeddedServer : IAsyncLifetime
{
    private readonly PolicyFile _policies = new();
    private RunningServer? _server;

    internal RunningServer Server => _server!;

    internal HttpCalls Http => Server.Http;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(_policies.Setting);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _policies.Dispose();
    }
}
