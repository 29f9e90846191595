using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// Calls the user's logger and drops its exceptions. A lost line must not stop a flush, a retention or a closing, and
/// an exception on a background thread would end the process.
/// </summary>
internal sealed class GuardedLogger : ILogger
{
    private readonly ILogger _given;

    /// <summary>How many calls of loggers are on this thread's stack. Used by this thread only.</summary>
    [ThreadStatic]
    private static int s_calls;

    private GuardedLogger(ILogger given) => _given = given;

    /// <summary>
    /// Whether a logger is on this thread's stack. A call of the log from there must not wait for the code that called
    /// the logger.
    /// </summary>
    public static bool IsCalling => s_calls != 0;

    /// <summary>Makes the logger of a log. The opening throws what the factory throws.</summary>
    public static ILogger Create(ILoggerFactory? factory, string category) =>
        factory?.CreateLogger(category) is { } given ? new GuardedLogger(given) : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        s_calls++;
        try
        {
            return _given.IsEnabled(logLevel);
        }
#pragma warning disable CA1031 // See above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
        finally
        {
            s_calls--;
        }
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        s_calls++;
        try
        {
            _given.Log(logLevel, eventId, state, exception, formatter);
        }
#pragma warning disable CA1031 // See above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is no logger to report it to.
        }
        finally
        {
            s_calls--;
        }
    }
}
