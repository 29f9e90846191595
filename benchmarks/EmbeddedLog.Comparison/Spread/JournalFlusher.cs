using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>
/// An estimate of a journal that all partitions share: a group of records goes to their files, without a flush, and
/// also to one preallocated file, which is flushed. When that file is full, all files are flushed, and it begins anew.
/// </summary>
internal sealed class JournalFlusher : IGroupFlusher
{
    /// <summary>How many bytes are written twice before the files themselves are flushed.</summary>
    private const long JournalBytes = 16 << 20;

    /// <summary>The bytes for the partition and the offset of a frame in the journal.</summary>
    private const int EntryHeaderBytes = 16;

    private readonly byte[] _group = new byte[SpreadFiles.InFlight * (SpreadFiles.FrameBytes + EntryHeaderBytes)];
    private readonly string _directory;
    private readonly SafeFileHandle _journal;
    private long _end;

    public JournalFlusher(string directory)
    {
        _directory = directory;
        _journal = File.OpenHandle(Path.Combine(directory, "journal"), FileMode.CreateNew, FileAccess.ReadWrite);

        // Written once, like a journal that is reused: later flushes then change no block's state.
        byte[] chunk = new byte[1 << 20];
        for (long position = 0; position < JournalBytes; position += chunk.Length)
        {
            RandomAccess.Write(_journal, chunk, position);
        }

        Posix.Flush(_journal);
    }

    public void Flush(SafeFileHandle[] files)
    {
        if (_end + _group.Length > JournalBytes)
        {
            Posix.SyncFileSystem(_directory);
            _end = 0;
        }

        RandomAccess.Write(_journal, _group, _end);
        Posix.Flush(_journal);
        _end += _group.Length;
    }

    public void Dispose() => _journal.Dispose();
}
