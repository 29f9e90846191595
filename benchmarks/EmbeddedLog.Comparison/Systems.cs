namespace EmbeddedLog.Comparison;

/// <summary>The names of the compared systems.</summary>
internal static class Systems
{
    public const string EmbeddedLog = "EmbeddedLog";

    /// <summary>The limit of the machine with the same bytes.</summary>
    public const string Limit = "limit";

    /// <summary>The same with single pages, like a file that is flushed often.</summary>
    public const string LimitSmallPages = "limit-4k-pages";

    public const string FasterLog = "FasterLog";
    public const string Sqlite = "SQLite";
    public const string FileStream = "FileStream";
    public const string Channel = "Channel<T>";

    /// <summary>The ways of flushing many files, each of which has figures of its own.</summary>
    public const string ManyFiles = "many files";

    /// <summary>Of many files: one flush after the other.</summary>
    public const string SerialFlush = "serial-fdatasync";

    /// <summary>Of many files: flushes by several threads.</summary>
    public const string FlusherPool = "flusher-pool";

    /// <summary>Of many files: one call for the whole file system.</summary>
    public const string SyncFileSystem = "syncfs";

    /// <summary>Of many files: one flush of a shared journal, and of the files later.</summary>
    public const string Journal = "journal-prototype";
}
