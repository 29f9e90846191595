namespace EmbeddedLog.Diagnostics;

/// <summary>
/// The categories of loggers: the full names of the types that users open. The opening of a log, which stands below
/// them, asks for the logger.
/// </summary>
internal static class LogCategory
{
    public const string CommitLog = "EmbeddedLog.CommitLog";

    public const string ReadOnlyLog = "EmbeddedLog.ReadOnlyLog";
}
