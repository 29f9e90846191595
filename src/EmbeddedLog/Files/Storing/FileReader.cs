using System.Runtime.InteropServices;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>
/// Reads a file from its beginning to its end through a buffer of bounded size, aligned for reads past the page cache.
/// Bytes that the device cannot read are zeros here, and noted. For one thread at a time.
/// </summary>
internal sealed unsafe class FileReader : IDisposable
{
    /// <summary>The most bytes that <see cref="TryGet"/> gives at once.</summary>
    public const int MaxBytes = CapacityBytes - LogFile.MaxDirectUnitBytes;

    private const int CapacityBytes = 256 << 10;

    private readonly LogFile _file;
    private readonly long _limit;
    private byte* _memory;

    /// <summary>The position of the buffer's first byte in the file.</summary>
    private long _start;

    /// <summary>How many bytes of the buffer come from the file.</summary>
    private int _count;

    /// <param name="file">The file; the reader closes it.</param>
    /// <param name="limit">The end of the part to read.</param>
    public FileReader(LogFile file, long limit)
    {
        _file = file;
        _limit = limit;
        _memory = (byte*)NativeMemory.AlignedAlloc(CapacityBytes, (nuint)_file.DirectUnitBytes);
    }

    /// <summary>Opens a file as a whole.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file.</param>
    /// <param name="length">Its size.</param>
    public static FileReader Open(FileSystem files, string path, out long length)
    {
        LogFile file = files.OpenFile(path, FileOpening.Read);
        try
        {
            length = file.Length;
            return new FileReader(file, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The position of the first unit that the device could not read, or -1.</summary>
    public long UnreadableAt { get; private set; } = -1;

    /// <summary>The bytes of a range; false if the file ends before. Valid until the next call.</summary>
    /// <exception cref="FileSystemException">The file system failed, other than by a read.</exception>
    public bool TryGet(long position, int length, out byte* bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxBytes);
        if (position < _start || position + length > _start + _count)
        {
            Fill(position & -_file.DirectUnitBytes);
        }

        bytes = _memory + (position - _start);
        return position + length <= _start + _count;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _file.Dispose();
    }

    private void Fill(long start)
    {
        long wanted = Math.Clamp(_limit - start, 0, CapacityBytes);
        int unit = _file.DirectUnitBytes;
        int rounded = (int)(wanted + unit - 1) & -unit;
        Span<byte> buffer = new(_memory, rounded);
        _start = start;
        _count = 0;
        try
        {
            _count = _file.Read(buffer, start);
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.DeviceFailure)
        {
            FillByUnits(buffer);
        }
    }

    /// <summary>A bad sector must not hide the bytes around it.</summary>
    private void FillByUnits(Span<byte> buffer)
    {
        buffer.Clear();
        int unit = _file.DirectUnitBytes;
        for (int at = 0; at < buffer.Length; at += unit)
        {
            int read = unit;
            try
            {
                read = _file.Read(buffer.Slice(at, unit), _start + at);
            }
            catch (FileSystemException failure) when (failure.Error == FileSystemError.DeviceFailure)
            {
                UnreadableAt = UnreadableAt < 0 ? _start + at : UnreadableAt;
            }

            _count += read;
            if (read < unit)
            {
                return;
            }
        }
    }
}
