namespace Weir.Server;

/// <summary>Logs the version before any other line. Must be registered before the console's provider.</summary>
internal sealed class FirstLine(IServiceProvider services) : ILoggerProvider, ILogger
{
    private int _told;

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => _told == 0;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => Tell();

    public void Tell()
    {
        if (Interlocked.Exchange(ref _told, 1) == 0)
            ServiceLog.Starts(services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Service)),
                ProductVersion.Text);
    }

    public void Dispose()
    {
    }
}
