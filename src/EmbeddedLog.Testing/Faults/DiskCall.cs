namespace EmbeddedLog.Testing;

/// <summary>A call to the disk that <see cref="DiskFaults"/> can make fail.</summary>
public enum DiskCall
{
    /// <summary>Opening or creating a file.</summary>
    Open,

    /// <summary>Reading from a file, where it is not mapped into memory.</summary>
    Read,

    /// <summary>Writing to a file, where it is not mapped into memory.</summary>
    Write,

    /// <summary>Reserving space for a file.</summary>
    Allocate,

    /// <summary>Flushing a file: after a failure its partition takes no more appends until the next opening.</summary>
    Flush,

    /// <summary>Making the names in a directory durable.</summary>
    SyncDirectory,

    /// <summary>Renaming a file or directory.</summary>
    Rename,

    /// <summary>Deleting a file.</summary>
    Delete,

    /// <summary>Mapping a file into memory.</summary>
    Map,
}
