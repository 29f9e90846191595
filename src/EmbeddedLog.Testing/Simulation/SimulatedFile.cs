using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation.Disks;
using EmbeddedLog.Testing.Simulation.Pages;

namespace EmbeddedLog.Testing.Simulation;

/// <summary>An open file on a simulated disk.</summary>
internal sealed class SimulatedFile : LogFile
{
    /// <summary>
    /// How far beyond the end each flush searches for stray stores; a crash or unmap searches everywhere.
    /// </summary>
    private const long FlushWindowBytes = 64 << 10;

    private readonly SimulatedDisk _disk;
    private readonly FileNode _node;
    private readonly bool _isWritable;

    /// <summary>Flushes that are not done and have let other work run; under the disk's lock.</summary>
    private int _callsUnderWay;

    /// <summary>Whether the file is closed; under the disk's lock.</summary>
    private bool _isClosed;

    /// <summary>Needs the disk's lock.</summary>
    public SimulatedFile(SimulatedDisk disk, FileNode node, string path, bool isWritable)
    {
        _disk = disk;
        _node = node;
        _isWritable = isWritable;
        Path = path;
        node.HoldLive();
        disk.Handles.Add(this, path);
    }

    public override string Path { get; }

    public override long Length
    {
        get
        {
            lock (_disk.Gate)
            {
                Enter(FaultKind.GetLength);
                return _node.Image.Length;
            }
        }
    }

    public override void Allocate(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        lock (_disk.Gate)
        {
            EnterToWrite(FaultKind.Allocate, "fallocate");
            if (!_disk.Options.Traits.CanAllocate)
            {
                throw SystemErrors.Create("fallocate", Path, FileSystemError.NotSupported);
            }

            TakeSpace("fallocate", position, length);
            _node.Image.Allocate(position, length);
        }
    }

    public override void SetLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        lock (_disk.Gate)
        {
            EnterToWrite(FaultKind.SetLength, "ftruncate");
            ThrowIfTooBig("ftruncate", length);
            _disk.Search(_node, FlushWindowBytes);
            int before = _node.Image.Allocated.Count;
            _node.Image.SetLength(length);
            _disk.Space.Free(before - _node.Image.Allocated.Count);
        }
    }

    public override int Read(Span<byte> buffer, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        lock (_disk.Gate)
        {
            Enter(FaultKind.Read);
            int count = (int)Math.Clamp(_node.Image.Length - position, 0, buffer.Length);
            if (count > 0)
            {
                _node.Image.Read(position, count).CopyTo(buffer);
            }

            return count;
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer, long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        lock (_disk.Gate)
        {
            if (_disk.StopsNext && _isWritable)
            {
                WritePart(buffer, position);
            }

            EnterToWrite(FaultKind.Write, "pwrite");
            if (!buffer.IsEmpty)
            {
                TakeSpace("pwrite", position, buffer.Length);
                _node.Image.Write(buffer, position);
                _disk.Counters.BytesWritten += buffer.Length;
            }
        }
    }

    public override void Flush(long position, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Begin();
        try
        {
            // Other work may run before, between the pages, and after. Its appends may become durable or not; earlier
            // ones must.
            _disk.Yield();
            int first;
            int split;
            int end;
            bool upwards;
            lock (_disk.Gate)
            {
                _disk.Enter(FaultKind.Flush, Path, mutates: true);
                _disk.Search(_node, FlushWindowBytes);
                (first, end) = PagesOf(position, length);
                ThrowIfFlushFails(first, end);
                split = first + _disk.NextRandom(end - first + 1);
                upwards = _disk.NextRandom(2) == 0;
                FlushPages(upwards ? (first, split) : (split, end));
            }

            _disk.Yield();
            lock (_disk.Gate)
            {
                _disk.ThrowIfCrashed(FaultKind.Flush, Path);
                FlushPages(upwards ? (split, end) : (first, split));
                _node.Image.FlushLength();
            }

            _disk.Yield();
        }
        finally
        {
            End();
        }
    }

    /// <summary>Fails a flush of the range: its dirty pages count as clean without being written.</summary>
    public void FailFlush(long position, long length)
    {
        lock (_disk.Gate)
        {
            Enter(FaultKind.Flush, mutates: true);
            (int first, int end) = PagesOf(position, length);
            _disk.LosePages(_node.Image, first, end, lostShare: 1);
        }
    }

    public override unsafe MappedMemory Map(long length, bool writable)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        lock (_disk.Gate)
        {
            Enter(FaultKind.Map);
            if (writable && !_isWritable)
            {
                throw SystemErrors.Create("mmap", Path, FileSystemError.AccessDenied);
            }

            ThrowIfTooBig("mmap", length);
            return new SimulatedMap(_disk, _node, Path, _node.Image.Map(length, writable), length);
        }
    }

    public override void Dispose()
    {
        lock (_disk.Gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _disk.Handles.Remove(this);
            if (_disk.HasCrashed)
            {
                return;
            }

            if (_callsUnderWay > 0)
            {
                _disk.Report(DiskViolationKind.ClosedDuringCall, Path);
            }

            _node.ReleaseLive();
        }
    }

    /// <summary>A process that dies during a write has written some of its pages, from the first on.</summary>
    private void WritePart(ReadOnlySpan<byte> buffer, long position)
    {
        int pages = FileImage.PageCount(position + buffer.Length) - (int)(position / SimulatedDisk.PageBytes);
        long cut = ((position / SimulatedDisk.PageBytes) + _disk.NextRandom(pages + 1)) * SimulatedDisk.PageBytes;
        int written = (int)Math.Clamp(cut - position, 0, buffer.Length);
        if (written > 0
            && position <= _disk.Options.MaxFileBytes - written
            && _disk.Space.TryTake(_node.Image, position, written))
        {
            _node.Image.Write(buffer[..written], position);
        }
    }

    private void TakeSpace(string operation, long position, long length)
    {
        ThrowIfTooBig(operation, position, length);
        _disk.Search(_node, FlushWindowBytes);
        if (!_disk.Space.TryTake(_node.Image, position, length))
        {
            throw SystemErrors.Create(operation, Path, FileSystemError.NoSpace);
        }
    }

    private void ThrowIfTooBig(string operation, long position, long length = 0)
    {
        if (position > _disk.Options.MaxFileBytes - length)
        {
            throw SystemErrors.Create(operation, Path, SystemErrors.FileTooBig);
        }
    }

    /// <summary>Writes pages to the device, as far as the file still has them.</summary>
    private void FlushPages((int First, int End) pages)
    {
        int end = Math.Min(pages.End, FileImage.PageCount(_node.Image.Length));
        _disk.Counters.BytesFlushed += _node.Image.FlushPages(pages.First, end);
    }

    private void ThrowIfFlushFails(int first, int end)
    {
        if (_disk.TakeFlushFailure(Path) is { } failure)
        {
            _disk.LosePages(_node.Image, first, end, failure.LostShare);
            FileSystemException usual = SystemErrors.Create("fdatasync", Path, failure.Error);
            throw new FileSystemException(usual.Operation, Path, usual.Error, usual.SystemCode, usual.Reason)
            {
                IsFailedFlush = true,
            };
        }
    }

    /// <summary>The pages of a range as far as the file has them now; a range beyond the end is empty.</summary>
    private (int First, int End) PagesOf(long position, long length)
    {
        long end = position + Math.Min(length, _node.Image.Length - position);
        return end <= position ? (0, 0) : ((int)(position / SimulatedDisk.PageBytes), FileImage.PageCount(end));
    }

    private void Begin()
    {
        lock (_disk.Gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _callsUnderWay++;
        }
    }

    private void End()
    {
        lock (_disk.Gate)
        {
            _callsUnderWay--;
        }
    }

    private void Enter(FaultKind kind, bool mutates = false)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        _disk.Enter(kind, Path, mutates);
    }

    private void EnterToWrite(FaultKind kind, string operation)
    {
        Enter(kind, mutates: true);
        if (!_isWritable)
        {
            throw SystemErrors.Create(operation, Path, SystemErrors.BadDescriptor);
        }
    }
}
