using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Machines;

namespace EmbeddedLog.Testing;

/// <summary>
/// Makes calls to the disk of a <see cref="TestLog"/> fail or take time. What is planned holds also after a crash,
/// until
/// <see cref="Clear"/>.
/// </summary>
/// <remarks>Safe from any thread.</remarks>
public sealed class DiskFaults
{
    private readonly TestMachine _machine;

    internal DiskFaults(TestMachine machine) => _machine = machine;

    /// <summary>How many calls have failed on purpose.</summary>
    public long Fired => _machine.Faults.Fired;

    /// <summary>The next call of a kind fails. Called twice, the next two fail.</summary>
    /// <param name="call">The kind of call.</param>
    /// <param name="error">What it fails with.</param>
    public void FailNext(DiskCall call, DiskError error) =>
        _machine.Faults.AddNext(KindOf(call), ErrorOf(error), lasts: false);

    /// <summary>All calls of a kind fail from now on.</summary>
    /// <inheritdoc cref="FailNext" path="/param"/>
    public void FailAll(DiskCall call, DiskError error) =>
        _machine.Faults.AddNext(KindOf(call), ErrorOf(error), lasts: true);

    /// <summary>
    /// The disk is full from now on: nothing can be written or reserved. Appends go on in space that was reserved
    /// before.
    /// </summary>
    public void FillDisk()
    {
        foreach (FaultKind kind in (ReadOnlySpan<FaultKind>)
            [FaultKind.Write, FaultKind.Allocate, FaultKind.SetLength, FaultKind.CreateDirectory])
        {
            _machine.Faults.AddNext(kind, FileSystemError.NoSpace, lasts: true);
        }
    }

    /// <summary>The process has no handles from now on: nothing can be opened or mapped.</summary>
    public void TakeHandles() =>
        _machine.Faults.AddNext(kind: null, FileSystemError.TooManyFiles, lasts: true, onlyWhatOpens: true);

    /// <summary>
    /// Each flush takes so long from now on: on a simulated log by its clock, while others go on; on a real one by the
    /// machine's.
    /// </summary>
    /// <param name="flush">From 0, for a disk that is fast again, to 1 minute.</param>
    public void SlowDown(TimeSpan flush)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(flush, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(flush, TimeSpan.FromMinutes(1));
        _machine.Faults.Flushing = flush == TimeSpan.Zero ? null : () => _machine.SlowCall(flush);
    }

    /// <summary>The disk works again, at its usual speed.</summary>
    public void Clear()
    {
        _machine.Faults.Clear();
        _machine.Faults.Flushing = null;
    }

    private static FaultKind KindOf(DiskCall call) => call switch
    {
        DiskCall.Open => FaultKind.OpenFile,
        DiskCall.Read => FaultKind.Read,
        DiskCall.Write => FaultKind.Write,
        DiskCall.Allocate => FaultKind.Allocate,
        DiskCall.Flush => FaultKind.Flush,
        DiskCall.SyncDirectory => FaultKind.SyncDirectory,
        DiskCall.Rename => FaultKind.Rename,
        DiskCall.Delete => FaultKind.DeleteFile,
        DiskCall.Map => FaultKind.Map,
        _ => throw new ArgumentOutOfRangeException(nameof(call), call, "It is no member of DiskCall."),
    };

    private static FileSystemError ErrorOf(DiskError error) => error switch
    {
        DiskError.Io => FileSystemError.DeviceFailure,
        DiskError.NoSpace => FileSystemError.NoSpace,
        DiskError.NoHandles => FileSystemError.TooManyFiles,
        DiskError.NoMemory => FileSystemError.OutOfMemory,
        DiskError.AccessDenied => FileSystemError.AccessDenied,
        DiskError.ReadOnly => FileSystemError.ReadOnly,
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "It is no member of DiskError."),
    };
}
