using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Tests.Probe;

/// <summary>Calls somebody once, when an opening has said that it waits for the owner.</summary>
internal sealed class WaitingSignal(Action signal) : ILoggerFactory, ILogger
{
    private Action? _signal = signal;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "WaitingForOwner")
        {
            Interlocked.Exchange(ref _signal, null)?.Invoke();
        }
    }
}
