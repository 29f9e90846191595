using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>
/// A shared map of a file on Windows: one view, or, if it reaches beyond the file's end, a reservation of addresses
/// that is filled with views while the file grows.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsMappedMemory : MappedMemory, IWritableMap
{
    /// <summary>
    /// How often a flush of the view is repeated after a lock violation, which means that the system is writing the
    /// same pages. That takes microseconds; the bound avoids a hang on a bad disk.
    /// </summary>
    private const int MaxFlushAttempts = 1000;

    private readonly string _path;

    /// <summary>The maps that a flush of the file includes; null for a read-only map.</summary>
    private readonly WritableMaps? _siblings;

    /// <summary>Extends this map when the file has grown; null if the map is complete.</summary>
    private readonly WindowsGrowingMaps? _growing;

    /// <summary>The address; zero once it is unmapped. The thread that exchanges it for zero unmaps.</summary>
    private nint _address;

    /// <summary>
    /// Where each view ends, in bytes from the map's beginning. Replaced as a whole under the lock of <see
    /// cref="_growing"/>; read by anyone.
    /// </summary>
    private long[] _viewEnds;

    /// <summary>A view of the whole file.</summary>
    public WindowsMappedMemory(byte* pointer, long length, string path, WritableMaps? siblings)
    {
        _address = (nint)pointer;
        _path = path;
        _siblings = siblings;
        _viewEnds = [length];
        Length = length;
    }

    /// <summary>A reservation of whole pages, without a view yet.</summary>
    public WindowsMappedMemory(
        byte* pointer, long length, string path, WritableMaps? siblings, WindowsGrowingMaps growing)
        : this(pointer, length, path, siblings)
    {
        _growing = growing;
        _viewEnds = [];
    }

    public override byte* Pointer => (byte*)_address;

    public override long Length { get; }

    /// <summary>Always false: Windows has no call that faults pages in and reports failures.</summary>
    public override bool TryPrepareForWrite(long position, long length)
    {
        CheckRange(position, length);
        return false;
    }

    /// <summary>Always true, for the same reason: no page is known to be bad.</summary>
    public override bool TryPrepareForRead(long position, long length)
    {
        CheckRange(position, length);
        return true;
    }

    /// <summary>The whole pages that hold so many bytes.</summary>
    public static long PagesOf(long length) =>
        (length + Environment.SystemPageSize - 1) & -(long)Environment.SystemPageSize;

    /// <summary>
    /// Adds a view of the file's new part behind the existing views; true if the map is then complete. Extends the file
    /// to whole pages, because views consist of whole pages. Under the lock of the growing maps.
    /// </summary>
    public bool ShowUpTo(SafeFileHandle file, long fileLength)
    {
        long reserved = PagesOf(Length);
        long shown = _viewEnds.Length == 0 ? 0 : _viewEnds[^1];
        long end = Math.Min(PagesOf(fileLength), reserved);
        if (end > shown)
        {
            int error = WindowsReservation.Fill(
                file, Pointer + shown, reserved - shown, shown, end - shown, writable: _siblings is not null);
            if (error != 0)
            {
                throw WindowsErrors.Failure("MapViewOfFile3", _path, error);
            }

            Volatile.Write(ref _viewEnds, [.. _viewEnds, end]);
        }

        return Math.Max(shown, end) == reserved;
    }

    /// <summary>Passes the stores of a range on, view by view: a call takes no range across two views.</summary>
    public void Sync(long position, long length)
    {
        long from = 0;
        foreach (long end in Volatile.Read(ref _viewEnds))
        {
            long start = Math.Max(from, position);
            long stop = Math.Min(end, position + length);
            if (start < stop)
            {
                SyncView(start, stop - start);
            }

            from = end;
        }
    }

    private void SyncView(long position, long length)
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
        _growing?.Remove(this);
        nint address = Interlocked.Exchange(ref _address, 0);
        if (address == 0)
        {
            return;
        }

        // It can fail only for a wrong address.
        int error = 0;
        long from = 0;
        foreach (long end in _viewEnds)
        {
            error |= WindowsSyscalls.Unmap((byte*)address + from);
            from = end;
        }

        if (_growing is not null && from < PagesOf(Length))
        {
            error |= WindowsReservation.GiveUp((byte*)address + from);
        }

        Debug.Assert(error == 0, "UnmapViewOfFile or VirtualFree failed");
    }

    private void CheckRange(long position, long length)
    {
        ObjectDisposedException.ThrowIf(_address == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - position);
    }
}
