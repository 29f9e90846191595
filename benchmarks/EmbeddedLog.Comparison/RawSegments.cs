using System.Collections.Concurrent;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison;

/// <summary>
/// The least work of a log: frames copied into fresh preallocated maps, a checksum over each, and a flush every second
/// and at each segment's end. Files and pages are made ready by another thread. No lock, no index, no clock, no reader.
/// </summary>
internal sealed unsafe class RawSegments : IDisposable
{
    public const int FrameHeaderBytes = 24;

    public const long SegmentBytes = 64 << 20;

    /// <summary>How far ahead pages are made ready, and the size of a step.</summary>
    private const long AheadBytes = 16 << 20;
    private const long StepBytes = 2 << 20;

    private readonly string _directory;
    private readonly bool _smallPages;
    private readonly Queue<SafeFileHandle> _unflushed = new();
    private readonly List<nint> _maps = [];
    private readonly Thread _flusher;
    private readonly AutoResetEvent _wake = new(false);

    /// <summary>The files that were made ahead, and their maps.</summary>
    private readonly ConcurrentQueue<(SafeFileHandle File, nint Map)> _ready = new();

    private readonly Thread _preparer;
    private readonly AutoResetEvent _goneOn = new(false);
    private SafeFileHandle? _file;
    private byte* _map;
    private long _tail = SegmentBytes;

    /// <summary>Where the present segment begins, counted over all of them.</summary>
    private long _base = -SegmentBytes;

    /// <summary>The end of the ready pages, as the writer has read it; over all segments, as the next two.</summary>
    private long _known;

    /// <summary>The present end of the ready pages. Written by the preparer.</summary>
    private long _prepared;

    /// <summary>A recent position of the writer. Written by the writer.</summary>
    private long _reached;

    private bool _stopping;

    public RawSegments(string directory, bool smallPages)
    {
        _directory = directory;
        _smallPages = smallPages;
        _flusher = new Thread(FlushInBackground) { IsBackground = true };
        _flusher.Start();
        _preparer = new Thread(Prepare) { IsBackground = true };
        _preparer.Start();
    }

    /// <summary>The place of the next frame of at most so many bytes, a multiple of eight.</summary>
    public byte* Begin(int bytes)
    {
        if (_tail + bytes > SegmentBytes)
        {
            Roll();
        }

        if (_base + _tail + bytes > _known)
        {
            WaitForPages(_base + _tail + bytes);
        }

        return _map + _tail;
    }

    /// <summary>The checksum's register before the frame that was begun.</summary>
    public uint BeginChecksum() => BitOperations.Crc32C(uint.MaxValue, (ulong)_tail);

    /// <summary>Ends the frame that was begun: its checksum, over what was stored, then its length.</summary>
    public void Commit(byte* frame, int length)
    {
        int padded = (length + 7) & -8;
        uint crc = BeginChecksum();
        for (byte* at = frame + 8; at < frame + padded; at += 8)
        {
            crc = BitOperations.Crc32C(crc, *(ulong*)at);
        }

        Commit(frame, length, crc);
    }

    /// <summary>Ends the frame that was begun, whose checksum is known.</summary>
    public void Commit(byte* frame, int length, uint crc)
    {
        *(uint*)(frame + 4) = ~crc;
        Volatile.Write(ref *(uint*)frame, (uint)length);
        _tail += (length + 7) & -8;
    }

    /// <summary>Puts everything on the disk.</summary>
    public void Flush()
    {
        Volatile.Write(ref _stopping, true);
        _wake.Set();
        _goneOn.Set();
        _flusher.Join();
        _preparer.Join();
        FlushEnded(all: true);
    }

    /// <summary>The maps so far, for readers.</summary>
    public IReadOnlyList<nint> Maps => _maps;

    public void Dispose()
    {
        foreach ((SafeFileHandle file, nint map) in _ready)
        {
            Posix.Unmap((byte*)map, SegmentBytes);
            file.Dispose();
        }

        foreach (nint map in _maps)
        {
            Posix.Unmap((byte*)map, SegmentBytes);
        }

        _file?.Dispose();
        _wake.Dispose();
        _goneOn.Dispose();
    }

    private void Roll()
    {
        _tail = 0;
        _base += SegmentBytes;
        WaitForPages(_base + 1);
        _ready.TryDequeue(out (SafeFileHandle File, nint Map) next);
        _map = (byte*)next.Map;
        _maps.Add(next.Map);
        lock (_unflushed)
        {
            _unflushed.Enqueue(next.File);
            _file = next.File;
        }

        _wake.Set();
    }

    /// <summary>Publishes the writer's position, and waits for the pages that it needs.</summary>
    private void WaitForPages(long upTo)
    {
        Volatile.Write(ref _reached, upTo);
        _goneOn.Set();
        SpinWait wait = default;
        long prepared;
        while ((prepared = Volatile.Read(ref _prepared)) < upTo)
        {
            wait.SpinOnce();
        }

        // Called again soon, so that the preparer goes on in time.
        _known = Math.Min(prepared, (upTo + StepBytes - 1) / StepBytes * StepBytes);
    }

    private void Prepare()
    {
        nint map = 0;
        while (!Volatile.Read(ref _stopping))
        {
            if (_prepared - Volatile.Read(ref _reached) >= AheadBytes)
            {
                _goneOn.WaitOne();
                continue;
            }

            long position = _prepared % SegmentBytes;
            if (position == 0)
            {
                map = MakeFile(_prepared / SegmentBytes);
            }

            if (!_smallPages)
            {
                Posix.Advise((byte*)map + position, StepBytes, Posix.PopulateWrite);
            }

            Volatile.Write(ref _prepared, _prepared + StepBytes);
        }
    }

    private nint MakeFile(long number)
    {
        string path = Path.Combine(_directory, number.ToString("D8"));
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        Posix.Allocate(file, SegmentBytes);
        byte* map = Posix.Map(file, SegmentBytes);
        Posix.Advise(map, SegmentBytes, _smallPages ? Posix.Random : Posix.HugePages);
        _ready.Enqueue((file, (nint)map));
        return (nint)map;
    }

    private void FlushInBackground()
    {
        while (!Volatile.Read(ref _stopping))
        {
            bool everything = !_wake.WaitOne(1000);
            FlushEnded(everything);
        }
    }

    private void FlushEnded(bool all)
    {
        while (true)
        {
            SafeFileHandle? file;
            bool ended;
            lock (_unflushed)
            {
                if (!_unflushed.TryPeek(out file))
                {
                    return;
                }

                ended = file != _file;
            }

            if (ended || all)
            {
                Posix.Flush(file);
            }

            if (!ended)
            {
                return;
            }

            lock (_unflushed)
            {
                _unflushed.Dequeue();
            }

            file.Dispose();
        }
    }
}
