namespace EmbeddedLog.IO;

/// <summary>One of several flushes that are made together, and its result.</summary>
/// <param name="File">The file; open until the flush is over.</param>
/// <param name="Position">Where the range begins.</param>
/// <param name="Length">Its length in bytes.</param>
internal record struct FileFlush(LogFile File, long Position, long Length)
{
    /// <summary>The exception that <see cref="LogFile.Flush"/> would have thrown; null if it succeeded.</summary>
    public FileSystemException? Failure { get; set; }

    /// <summary>Makes this flush by itself.</summary>
    public void Run()
    {
        try
        {
            File.Flush(Position, Length);
        }
        catch (FileSystemException failure)
        {
            Failure = failure;
        }
    }
}
