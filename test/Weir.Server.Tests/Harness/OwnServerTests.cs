namespace Weir.Server.Tests.Harness;

/// <summary>A server that one test has for itself.</summary>
internal interface IOwnServer : IAsyncDisposable
{
    RunningServer Server { get; }
}

/// <summary>Tests of which each has a server for itself; a class on Redis and one in memory say how it starts.</summary>
public abstract class OwnServerTests : IAsyncLifetime
{
    private IOwnServer? _own;

    private protected RunningServer Server => _own!.Server;

    private protected HttpCalls Http => Server.Http;

    private protected abstract Task<IOwnServer> StartAsync();

    public virtual async ValueTask InitializeAsync() => _own = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
            await _own.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
