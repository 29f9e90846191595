using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Windows;

/// <summary>An open file on Windows, where a flush of the file does not include stores through a map.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsLogFile(
    SafeFileHandle handle, string path, bool isWritten, bool writesToReserve) : LogFile
{
    private readonly WritableMaps _maps = new();
    private readonly WindowsGrowingMaps _growing = new();

    public override string Path { get; } = path;

    public override long Length
    {
        get
        {
            Check("GetFileSizeEx", WindowsSyscalls.GetLength(handle, out long length));
            return length;
        }
    }

    public override void Allocate(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long end = checked(position + length);
        long before = Length;
        Check("allocation", WindowsAllocation.FillHoles(handle, position, Math.Min(end, before)));
        if (end > before)
        {
            int error = WindowsAllocation.Extend(handle, before, end, writesToReserve);
            if (error != 0)
            {
                // Cuts off what was added before the failure. If this fails too, the next allocation finds the space.
                _ = WindowsSyscalls.SetLength(handle, before);
                Check("allocation", error);
            }
        }

        _growing.Grow(handle, Math.Max(before, end));
    }

    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (isWritten)
        {
            WindowsAllocation.AllowHoles(handle, length - Length);
        }

        Check("SetFileInformationByHandle(FileEndOfFileInfo)", WindowsSyscalls.SetLength(handle, length));
        _growing.Grow(handle, length);
    }

    public override int Read(Span<byte> buffer, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        int done = 0;
        fixed (byte* bytes = buffer)
        {
            while (done < buffer.Length)
            {
                int error = WindowsSyscalls.Read(
                    handle, bytes + done, buffer.Length - done, position + done, out int read);
                Check("ReadFile", error);
                if (read == 0)
                {
                    break;
                }

                done += read;
            }
        }

        return done;
    }

    public override void Write(ReadOnlySpan<byte> buffer, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        fixed (byte* bytes = buffer)
        {
            for (int done = 0; done < buffer.Length;)
            {
                int error = WindowsSyscalls.Write(
                    handle, bytes + done, buffer.Length - done, position + done, out int written);

                // A write of zero bytes is not an error of the system, but the loop would never end.
                Check("WriteFile", error == 0 && written == 0 ? WindowsErrors.DeviceFailure : error);
                done += written;
            }
        }

        if (!buffer.IsEmpty)
        {
            _growing.Grow(handle, position + buffer.Length);
        }
    }

    /// <summary>
    /// The stores of every map first, from the process to the file's cache; then the cache to the device.
    /// </summary>
    public override void Flush(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _maps.Sync(position, length);
        int error = WindowsSyscalls.Sync(handle);
        if (error != 0)
        {
            throw WindowsErrors.FailedFlush("FlushFileBuffers", Path, error);
        }
    }

    /// <summary>
    /// A view ends at its file's end. A map of a file that is open for writing grows with it; a map of a file that is
    /// open for reading is cut to the file.
    /// </summary>
    public override MappedMemory Map(long length, bool writable)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long available = Length;
        if (available < length && isWritten)
        {
            if (WindowsReservation.IsSupported)
            {
                return Reserve(length, available, writable);
            }

            SetLength(length);
            available = length;
        }

        long mapped = Math.Min(length, available);
        Check("MapViewOfFile", WindowsSyscalls.Map(handle, mapped, writable, out byte* pointer));
        WindowsMappedMemory map = new(pointer, mapped, Path, writable ? _maps : null);
        if (writable)
        {
            _maps.Add(map);
        }

        return map;
    }

    public override void Dispose()
    {
        _maps.Close();
        handle.Dispose();
    }

    private WindowsMappedMemory Reserve(long length, long available, bool writable)
    {
        int error = WindowsReservation.Take(WindowsMappedMemory.PagesOf(length), out byte* pointer);
        Check("VirtualAlloc2", error);
        WindowsMappedMemory map = new(pointer, length, Path, writable ? _maps : null, _growing);
        try
        {
            _growing.Add(map, handle, available);
        }
        catch
        {
            map.Dispose();
            throw;
        }

        if (writable)
        {
            _maps.Add(map);
        }

        return map;
    }

    private void Check(string operation, int error)
    {
        if (error != 0)
        {
            throw WindowsErrors.Failure(operation, Path, error);
        }
    }
}
