using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Faults;

/// <summary>Which calls fail, and how.</summary>
/// <param name="Kind">The kind of call; null for calls of any kind.</param>
/// <param name="Call">The number of the first call that fails, of its kind, counted from one.</param>
/// <param name="Error">What it fails with.</param>
internal sealed record Fault(FaultKind? Kind, long Call, FileSystemError Error)
{
    /// <summary>Whether all later calls fail too.</summary>
    public bool Lasts { get; init; }

    /// <summary>How many bytes a failing write has written, from the first on; no more than the write had.</summary>
    public int WrittenBytes { get; init; }

    /// <summary>The system's code, where it is not the usual one of <see cref="Error"/>.</summary>
    public int? SystemCode { get; init; }

    /// <summary>Whether a call is concerned, given its number among its kind and among all.</summary>
    public bool Concerns(FaultKind kind, long callOfKind, long callOfAny)
    {
        long call = Kind is null ? callOfAny : callOfKind;
        return (Kind is null || Kind == kind) && (Lasts ? call >= Call : call == Call);
    }

    /// <summary>The exception that the call fails with.</summary>
    public FileSystemException ToException(FaultKind kind, string path)
    {
        FileSystemException usual = SystemErrors.Create(kind.ToString(), path, Error);
        return SystemCode is { } code
            ? new FileSystemException(usual.Operation, path, Error, code, "a planned fault")
            : usual;
    }
}
