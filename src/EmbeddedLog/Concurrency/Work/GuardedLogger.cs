using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// The user's logger as the log calls it: what it throws goes nowhere. A line that could not be written is no reason to
/// stop a flush, a retention or a closing, and on a background thread it would end the process.
/// </summary>
internal sealed class GuardedLogger : ILogger
{
    private readonly ILogger _given;

    /// <summary>How many calls of any logger this thread is in. Only by its own thread.</summary>
    [ThreadStatic]
    private static int s_calls;

    private GuardedLogger(ILogger given) => _given = given;

    /// <summary>
    /// Whether a logger is below on this thread's stack. Who calls the log from there must not be made to wait for what
    /// called the logger.
    /// </summary>
    public static bool IsCalling => s_calls != 0;

    /// <summary>Makes the logger of a log. What the factory throws, the opening throws.</summary>
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
            // There is nobody to tell it to.
        }
        finally
        {
            s_calls--;
        }
    }
}
