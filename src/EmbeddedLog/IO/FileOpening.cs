namespace EmbeddedLog.IO;

/// <summary>How <see cref="FileSystem.OpenFile"/> opens a file.</summary>
internal enum FileOpening
{
    /// <summary>An existing file, to read.</summary>
    Read,

    /// <summary>
    /// An existing file, to read while another process appends to it: nothing is read ahead, see
    /// <see cref="LogFile.Read"/>.
    /// </summary>
    ReadShared,

    /// <summary>An existing file, to read and write.</summary>
    ReadWrite,

    /// <summary>A file that must not exist yet, to read and write.</summary>
    CreateNew,

    /// <summary>A file that is created when missing, to read and write; its contents are kept.</summary>
    OpenOrCreate,
}
