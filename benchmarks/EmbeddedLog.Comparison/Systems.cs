namespace EmbeddedLog.Comparison;

/// <summary>The names of what is compared.</summary>
internal static class Systems
{
    public const string EmbeddedLog = "EmbeddedLog";

    /// <summary>The best that the machine can do with the same bytes.</summary>
    public const string Limit = "limit";

    /// <summary>The same with single pages, which is how a file behaves that is flushed often.</summary>
    public const string LimitSmallPages = "limit-4k-pages";

    public const string FasterLog = "FasterLog";
    public const string Sqlite = "SQLite";
    public const string FileStream = "FileStream";
}
