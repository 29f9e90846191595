using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>A logger, and a factory of itself, that throws, and that may do something else before it does.</summary>
internal sealed class HostileLogger(Moods moods) : ILogger, ILoggerFactory
{
    /// <summary>Called with each line; or null.</summary>
    public Action<string>? OnLine { get; set; }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => throw new InvalidOperationException("There are no scopes.");

    public bool IsEnabled(LogLevel logLevel)
    {
        moods.Act();
        return true;
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        OnLine?.Invoke(formatter(state, exception));
        moods.Act();
    }
}
