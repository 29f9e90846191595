using System.Runtime.Versioning;
using EmbeddedLog.IO.Unix;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.IO.Linux;

/// <summary>
/// An open file on Linux, where one page cache serves reads, writes, maps and flushes.
/// <para>
/// Reading ahead fills that cache with folios of up to 2 MiB, and a store through a map flushes its whole folio: after
/// a scan of its segment an append of 128 bytes wrote 2 MiB to the device. So a file that is open for writing gets the
/// advice not to read ahead, in its reads and in all its maps. The same append then writes one page.
/// </para>
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe class LinuxLogFile : UnixLogFile
{
    /// <summary>Whether folios must stay small, because small stores to them will be flushed.</summary>
    private readonly bool _isWritten;

    /// <summary>Whether reads go to the device, and must be aligned.</summary>
    private readonly bool _isPastCache;

    /// <param name="handle">The open file.</param>
    /// <param name="path">Its path.</param>
    /// <param name="device">The number of its device.</param>
    /// <param name="isWritten">Whether it is open for writing.</param>
    /// <param name="directUnitBytes">What reads are aligned to where they go past the cache; otherwise zero.</param>
    public LinuxLogFile(
        SafeFileHandle handle, string path, ulong device, bool isWritten, int directUnitBytes = 0)
        : base(handle, path)
    {
        Device = device;
        _isWritten = isWritten;
        _isPastCache = directUnitBytes != 0;
        DirectUnitBytes = Math.Max(directUnitBytes, MinDirectUnitBytes);
        if (isWritten)
        {
            // This is only advice: a file system that ignores it is slower, not wrong.
            _ = LinuxSyscalls.AdviseFile(handle, LinuxSyscalls.AdviseRandom);
        }
    }

    /// <summary>Its file system, which one call flushes as a whole.</summary>
    public ulong Device { get; }

    public override int DirectUnitBytes { get; }

    public override int Read(Span<byte> buffer, long position)
    {
        int done = _isPastCache ? 0 : base.Read(buffer, position);
        fixed (byte* bytes = buffer)
        {
            // If the file ends between two units, the read stops there, and the next one would not be aligned.
            while (_isPastCache && done < buffer.Length && done % DirectUnitBytes == 0)
            {
                long read = UnixSyscalls.Read(Handle, bytes + done, buffer.Length - done, position + done);
                if (Check("pread", read) == 0)
                {
                    break;
                }

                done += (int)read;
            }
        }

        return done;
    }

    public override void Allocate(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long before = Length;
        long result = LinuxSyscalls.Allocate(Handle, position, length);
        if (result < 0)
        {
            Undo(before);
            throw UnixErrors.Failure("fallocate", Path, result);
        }
    }

    public override void Flush(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        CheckFlush("fdatasync", LinuxSyscalls.SyncData(Handle));
    }

    public override void BeginFlush(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);

        // This keeps failures: only a call that waits clears them.
        LinuxSyscalls.BeginWrites(Handle, position, length);
    }

    /// <summary>Writes everything that the file system has in memory; false if any part failed.</summary>
    public bool TryFlushFileSystem() => LinuxSyscalls.SyncFileSystem(Handle) >= 0;

    /// <summary>
    /// Waits for the writes of the file that are under way, and returns the failure since the last call, or since the
    /// file was opened; null if there was none.
    /// </summary>
    public FileSystemException? TakeWriteFailure()
    {
        long result = LinuxSyscalls.WaitForWrites(Handle);
        return result >= 0 ? null : UnixErrors.FailedFlush("sync_file_range", Path, result);
    }

    public override bool TryDropPages(MappedMemory map, long position, long length)
    {
        long start = position & -Environment.SystemPageSize;
        long end = Math.Min(position + length, map.Length);

        // A mapped page is not dropped, so it is first taken out of the map. A shared map loses nothing: the next
        // access finds the page.
        _ = UnixSyscalls.Advise(map.Pointer + start, end - start, LinuxSyscalls.AdviseDoNotNeed);
        DropPages(start, end - start);
        return !LinuxSyscalls.IsPresent(map.Pointer + start);
    }

    public override void DropPages(long position, long length) =>
        _ = LinuxSyscalls.AdviseRange(Handle, position, length, LinuxSyscalls.AdviseDropPages);

    private protected override MappedMemory WrapMap(byte* pointer, long length, bool writable)
    {
        return new LinuxMappedMemory(pointer, length, _isWritten, LinuxMemory.HugePageBytes);
    }

    /// <summary>
    /// Undoes a failed allocation: ext4 keeps the blocks that it found before the disk was full, and has extended the
    /// file over them. If this fails too, the blocks are not lost: the next allocation finds them.
    /// </summary>
    private void Undo(long lengthBefore)
    {
        if (UnixSyscalls.GetLength(Handle) > lengthBefore)
        {
            _ = UnixSyscalls.SetLength(Handle, lengthBefore);
        }
    }
}
