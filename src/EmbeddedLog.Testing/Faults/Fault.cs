using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Faults;

/// <summary>A planned failure of calls.</summary>
/// <param name="Kind">The kind of call; null for calls of any kind.</param>
/// <param name="Call">The number of the first call that fails, of its kind, counted from one.</param>
/// <param name="Error">Its error.</param>
internal sealed record Fault(FaultKind? Kind, long Call, FileSystemError Error)
{
    /// <summary>Whether all later calls fail too.</summary>
    public bool Lasts { get; init; }

    /// <summary>How many bytes a failing write still writes, from its first on.</summary>
    public int WrittenBytes { get; init; }

    /// <summary>The system's code, if it is not the usual one of <see cref="Error"/>.</summary>
    public int? SystemCode { get; init; }

    /// <summary>Whether only calls fail that need a new handle or map, as if there were none left.</summary>
    public bool OnlyWhatOpens { get; init; }

    /// <summary>Whether the error means that a file could not be opened, so that nothing was done with it.</summary>
    private bool IsLackOfHandles => Error is FileSystemError.TooManyFiles or FileSystemError.OutOfMemory;

    /// <summary>No handles and no maps, from a call on until the faults are cleared.</summary>
    public static Fault NoHandles(long call) =>
        new(null, call, FileSystemError.TooManyFiles) { Lasts = true, OnlyWhatOpens = true };

    /// <summary>Whether a call is concerned, given its number among its kind and among all.</summary>
    public bool Concerns(FaultKind kind, long callOfKind, long callOfAny)
    {
        if (OnlyWhatOpens && !Opens(kind))
        {
            return false;
        }

        long call = Kind is null ? callOfAny : callOfKind;
        return (Kind is null || Kind == kind) && (Lasts ? call >= Call : call == Call);
    }

    /// <summary>The exception that the call fails with.</summary>
    public FileSystemException ToException(FaultKind kind, string path)
    {
        FileSystemException usual = SystemErrors.Create(kind.ToString(), path, Error);
        return new FileSystemException(
            usual.Operation, path, Error, SystemCode ?? usual.SystemCode, SystemCode is null ? usual.Reason : "planned")
        {
            IsFailedFlush = kind == FaultKind.Flush || (kind == FaultKind.SyncDirectory && !IsLackOfHandles),
        };
    }

    private static bool Opens(FaultKind kind) => kind is FaultKind.OpenFile or FaultKind.SyncDirectory
        or FaultKind.ListFiles or FaultKind.ListDirectories or FaultKind.GetTraits or FaultKind.Lock
        or FaultKind.ReadLockOwner or FaultKind.Map;
}
