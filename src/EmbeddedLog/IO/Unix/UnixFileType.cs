namespace EmbeddedLog.IO.Unix;

/// <summary>What a name in a directory stands for, as the directory says: d_type.</summary>
internal enum UnixFileType : byte
{
    /// <summary>The file system does not say (DT_UNKNOWN).</summary>
    Unknown = 0,

    /// <summary>A directory (DT_DIR).</summary>
    Directory = 4,
}
