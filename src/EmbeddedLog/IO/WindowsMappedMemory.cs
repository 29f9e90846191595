using System.Diagnostics;
using System.Runtime.Versioning;

namespace EmbeddedLog.IO;

/// <summary>A shared view of a file on Windows.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsMappedMemory : MappedMemory, IWritableMap
{
    /// <summary>
    /// How often a flush of the view is repeated while the system's own writer is at the same pages, which it answers
    /// with a lock violation. The writer is done in microseconds; the bound is there so as not to hang on a sick disk.
    /// </summary>
    private const int MaxFlushAttempts = 1000;

    private readonly string _path;

    /// <summary>Where the file finds this map when it is flushed; null for one that cannot be stored to.</summary>
    private readonly WritableMaps? _siblings;

    /// <summary>The address; zero once it is unmapped. Whoever exchanges it for zero unmaps.</summary>
    private nint _address;

    public WindowsMappedMemory(byte* pointer, long length, string path, WritableMaps? siblings)
    {
        _address = (nint)pointer;
        _path = path;
        _siblings = siblings;
        Length = length;
    }

    public override byte* Pointer => (byte*)_address;

    public override long Length { get; }

    /// <summary>Always false: Windows has no call that faults pages in and reports what it could not.</summary>
    public override bool TryPrepareForWrite(long position, long length)
    {
        CheckRange(position, length);
        return false;
    }

    /// <summary>Always true, for the same reason: nothing is known against a page.</summary>
    public override bool TryPrepareForRead(long position, long length)
    {
        CheckRange(position, length);
        return true;
    }

    public void Sync(long position, long length)
    {
        SpinWait wait = default;
        int error = WindowsSyscalls.SyncMap(Pointer + position, length);
        while (error == WindowsErrors.LockViolation && wait.Count < MaxFlushAttempts)
        {
            wait.SpinOnce();
            error = WindowsSyscalls.SyncMap(Pointer + position, length);
        }

        if (error != 0)
        {
            throw WindowsErrors.FailedFlush("FlushViewOfFile", _path, error);
        }
    }

    public override void Dispose()
    {
        _siblings?.Remove(this);
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            // It can fail only for an address that is not that of a view.
            int error = WindowsSyscalls.Unmap((byte*)address);
            Debug.Assert(error == 0, "UnmapViewOfFile failed");
        }
    }

    private void CheckRange(long position, long length)
    {
        ObjectDisposedException.ThrowIf(_address == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - position);
    }
}
