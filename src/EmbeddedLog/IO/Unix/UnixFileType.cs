namespace EmbeddedLog.IO.Unix;

/// <summary>The type of a name in a directory, d_type.</summary>
internal enum UnixFileType : byte
{
    /// <summary>Unknown (DT_UNKNOWN).</summary>
    Unknown = 0,

    /// <summary>A directory (DT_DIR).</summary>
    Directory = 4,
}
