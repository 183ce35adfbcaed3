using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Weir.Server.Tests.Telemetry;

/// <summary>What was logged, with the names of what is in each line.</summary>
internal sealed class LogFields<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(int Event, string Text, IReadOnlyDictionary<string, object?> Fields)> _lines = new();

    public IReadOnlyList<(int Event, string Text, IReadOnlyDictionary<string, object?> Fields)> Lines => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, formatter(state, exception), ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary()));
}
