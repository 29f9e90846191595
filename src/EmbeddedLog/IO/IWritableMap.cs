namespace EmbeddedLog.IO;

/// <summary>A map whose stores a flush of the file does not include by itself.</summary>
internal interface IWritableMap
{
    /// <summary>The number of mapped bytes.</summary>
    long Length { get; }

    /// <summary>
    /// Passes the stores of the range to the file, or throws. The range lies in the map and is not empty.
    /// </summary>
    void Sync(long position, long length);
}
