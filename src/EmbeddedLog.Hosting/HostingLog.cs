using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Hosting;

/// <summary>All log lines of the hosting. Event ids from 1000 on; the log itself has those below.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1000, LogLevel.Information, "Handler {Handler} of log {Log} reads {Topics} in group {Group}.")]
    public static partial void Started(ILogger logger, string handler, string log, string topics, string group);

    [LoggerMessage(1001, LogLevel.Information, "Handler {Handler} of log {Log} has stopped.")]
    public static partial void Stopped(ILogger logger, string handler, string log);

    [LoggerMessage(1002, LogLevel.Error, "Handler {Handler} of log {Log} stopped with a failure. It starts again after "
        + "{Delay}; the record that failed comes again.")]
    public static partial void Failed(ILogger logger, Exception failure, string handler, string log, TimeSpan delay);

    [LoggerMessage(1003, LogLevel.Information, "Handler {Handler} of log {Log} is paused: {IsPaused}.")]
    public static partial void Paused(ILogger logger, string handler, string log, bool isPaused);

    [LoggerMessage(1004, LogLevel.Warning, "The circuit of handler {Handler} of log {Log} is open: records wait for "
        + "{Delay}.")]
    public static partial void CircuitOpen(ILogger logger, string handler, string log, TimeSpan delay);

    [LoggerMessage(1005, LogLevel.Warning, "The host's ShutdownTimeout is over before everything has ended: records "
        + "that are not committed come again, and the next opening verifies the log.")]
    public static partial void NotInTime(ILogger logger);

    [LoggerMessage(1006, LogLevel.Error, "Log {Log} was closed, and something of it failed.")]
    public static partial void NotClosed(ILogger logger, Exception failure, string log);

    [LoggerMessage(1007, LogLevel.Information, "Topic {Topic} of log {Log} has the options of the changed "
        + "configuration.")]
    public static partial void TopicChanged(ILogger logger, string topic, string log);

    [LoggerMessage(1009, LogLevel.Information, "Handler {Handler} of log {Log} begins again with the options of the "
        + "changed configuration.")]
    public static partial void Reloaded(ILogger logger, string handler, string log);

    [LoggerMessage(1008, LogLevel.Error, "The changed configuration of log {Log} is not valid, or could not be "
        + "applied; the log goes on as before.")]
    public static partial void NotChanged(ILogger logger, Exception failure, string log);
}
