namespace EmbeddedLog.Testing.Faults;

/// <summary>The calls of the seam that are counted and can be made to fail.</summary>
internal enum FaultKind
{
    /// <summary>Opening or creating a file.</summary>
    OpenFile,

    /// <summary>Creating a directory.</summary>
    CreateDirectory,

    /// <summary>Removing a directory.</summary>
    DeleteDirectory,

    /// <summary>Making a directory's names durable.</summary>
    SyncDirectory,

    /// <summary>Renaming a file or directory.</summary>
    Rename,

    /// <summary>Giving a file's contents to another name, or to another file.</summary>
    Link,

    /// <summary>Removing a file.</summary>
    DeleteFile,

    /// <summary>Listing a directory's files.</summary>
    ListFiles,

    /// <summary>Listing a directory's directories.</summary>
    ListDirectories,

    /// <summary>Checking whether a file or directory exists.</summary>
    Exists,

    /// <summary>Reading the properties of the file system.</summary>
    GetTraits,

    /// <summary>Reading the identity of the page cache.</summary>
    GetCacheIdentity,

    /// <summary>Taking the owner lock.</summary>
    Lock,

    /// <summary>Reading the holder of the owner lock.</summary>
    ReadLockOwner,

    /// <summary>Reading a file's size.</summary>
    GetLength,

    /// <summary>Reserving blocks.</summary>
    Allocate,

    /// <summary>Setting a file's size.</summary>
    SetLength,

    /// <summary>Reading from a file.</summary>
    Read,

    /// <summary>Writing to a file.</summary>
    Write,

    /// <summary>Flushing a file.</summary>
    Flush,

    /// <summary>Mapping a file.</summary>
    Map,

    /// <summary>Preparing mapped pages for stores; a fault is the answer "no", not an exception.</summary>
    PrepareForWrite,

    /// <summary>Preparing mapped pages for loads; a fault is the answer "no", not an exception.</summary>
    PrepareForRead,
}
