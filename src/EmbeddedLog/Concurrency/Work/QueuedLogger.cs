using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A logger for use under a lock: an item of the work queue writes the line, because a logger is user code, which may
/// block and call the log back.
/// </summary>
internal sealed class QueuedLogger(ILogger logger, WorkQueue work) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// Always true, because the check would call the user's logger.
    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        work.Queue(new Line(() =>
        {
            if (logger.IsEnabled(logLevel))
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }));

    private sealed class Line(Action write) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => write();
    }
}
