using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>A logger, and a factory of itself, that asks.</summary>
internal sealed class AskingLogger(Asker asker) : ILogger, ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        asker.Look();
        return true;
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => asker.Look();
}
