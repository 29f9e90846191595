using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Torture.User;

/// <summary>A logger in a mood; formats each message.</summary>
internal sealed class MoodyLogger(Mood mood) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        mood.Play(30);
        return true;
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        _ = formatter(state, exception);
        mood.Play(4);
    }

    public void Dispose()
    {
    }
}
