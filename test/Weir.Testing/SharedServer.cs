namespace Weir.Testing;

/// <summary>
/// A server that a fixture starts for several tests. If there is no Redis to start, the reason is kept, and each test that asks for the server is
/// skipped: the runner fails all tests of a fixture that throws.
/// </summary>
/// <param name="start">Starts the server.</param>
public sealed class SharedServer<T>(Func<Task<T>> start) : IAsyncDisposable
    where T : class, IAsyncDisposable
{
    private T? _server;
    private SkippedException? _skipped;

    /// <summary>The server.</summary>
    /// <exception cref="SkippedException">There is no Redis to start.</exception>
    public T Server => _server ?? throw Missing();

    /// <summary>Starts the server, or keeps the reason why it cannot start.</summary>
    public async ValueTask StartAsync()
    {
        try
        {
            _server = await start();
        }
        catch (SkippedException skipped)
        {
            _skipped = skipped;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Exception Missing() =>
        _skipped is null ? new InvalidOperationException("The fixture has not started its server.") : new SkippedException(_skipped.Reason);
}
