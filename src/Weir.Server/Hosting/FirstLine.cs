namespace Weir.Server;

/// <summary>
/// Writes the version as the first line of the log, before any other line: at the latest when the service
/// listens, so that a start that fails writes no more than why.
/// </summary>
/// <remarks>It stands before the provider that writes, and so is asked first.</remarks>
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

    /// <summary>Writes the version, unless it is there already.</summary>
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
