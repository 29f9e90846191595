using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A logger for what is found under a lock: the line is written by an item of the work queue, for a logger is the
/// user's code, which may wait for anything and call the log back.
/// </summary>
internal sealed class QueuedLogger(ILogger logger, WorkQueue work) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <summary>Always, for to ask would call it.</summary>
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
