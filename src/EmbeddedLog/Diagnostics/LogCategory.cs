namespace EmbeddedLog.Diagnostics;

/// <summary>
/// The categories of loggers: the full names of the types that users open. Constants, because the room that makes the
/// logger stands below these types.
/// </summary>
internal static class LogCategory
{
    public const string CommitLog = "EmbeddedLog.CommitLog";

    public const string ReadOnlyLog = "EmbeddedLog.ReadOnlyLog";
}
