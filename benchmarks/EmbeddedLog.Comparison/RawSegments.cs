using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison;

/// <summary>
/// What a log does at least: frames copied into fresh preallocated maps, a checksum over each, and a flush of what is
/// there every second and whenever a segment has ended. No lock, no index, no clock, no reader.
/// </summary>
internal sealed unsafe class RawSegments : IDisposable
{
    public const int FrameHeaderBytes = 24;

    public const long SegmentBytes = 64 << 20;
    private const long PopulatedBytes = 2 << 20;

    private readonly string _directory;
    private readonly bool _smallPages;
    private readonly Queue<SafeFileHandle> _unflushed = new();
    private readonly List<nint> _maps = [];
    private readonly Thread _flusher;
    private readonly AutoResetEvent _wake = new(false);
    private SafeFileHandle? _file;
    private byte* _map;
    private long _tail = SegmentBytes;
    private long _populated;
    private bool _stopping;

    public RawSegments(string directory, bool smallPages)
    {
        _directory = directory;
        _smallPages = smallPages;
        _flusher = new Thread(FlushInBackground) { IsBackground = true };
        _flusher.Start();
    }

    /// <summary>Where the next frame goes, of at most so many bytes, a multiple of eight.</summary>
    public byte* Begin(int bytes)
    {
        if (_tail + bytes > SegmentBytes)
        {
            Roll();
        }

        while (!_smallPages && _tail + bytes > _populated)
        {
            Posix.Advise(_map + _populated, PopulatedBytes, Posix.PopulateWrite);
            _populated += PopulatedBytes;
        }

        return _map + _tail;
    }

    /// <summary>Ends the frame that was begun: its checksum, then its length.</summary>
    public void Commit(byte* frame, int length)
    {
        int padded = (length + 7) & -8;
        uint crc = BitOperations.Crc32C(uint.MaxValue, (ulong)_tail);
        for (byte* at = frame + 8; at < frame + padded; at += 8)
        {
            crc = BitOperations.Crc32C(crc, *(ulong*)at);
        }

        *(uint*)(frame + 4) = ~crc;
        Volatile.Write(ref *(uint*)frame, (uint)length);
        _tail += padded;
    }

    /// <summary>Puts everything on the disk.</summary>
    public void Flush()
    {
        _stopping = true;
        _wake.Set();
        _flusher.Join();
        FlushEnded(all: true);
    }

    /// <summary>The maps so far, for who reads them.</summary>
    public IReadOnlyList<nint> Maps => _maps;

    public void Dispose()
    {
        foreach (nint map in _maps)
        {
            Posix.Unmap((byte*)map, SegmentBytes);
        }

        _file?.Dispose();
        _wake.Dispose();
    }

    private void Roll()
    {
        string path = Path.Combine(_directory, _maps.Count.ToString("D8"));
        SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        Posix.Allocate(file, SegmentBytes);
        _map = Posix.Map(file, SegmentBytes);
        Posix.Advise(_map, SegmentBytes, _smallPages ? Posix.Random : Posix.HugePages);
        _maps.Add((nint)_map);
        lock (_unflushed)
        {
            _unflushed.Enqueue(file);
            _file = file;
        }

        _tail = 0;
        _populated = 0;
        _wake.Set();
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
