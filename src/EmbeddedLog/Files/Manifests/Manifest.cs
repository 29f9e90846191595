using System.Diagnostics;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files.Manifests;

/// <summary>
/// The list of a partition's segments, kept in an append-only file. See FORMAT.md, "Manifest".
/// </summary>
/// <remarks>
/// <para>
/// The caller serializes <see cref="Add"/> and <see cref="SetLogStart"/> with each other and with reading the state.
/// <see cref="Flush"/> and <see cref="HasUnflushed"/> may be used by any thread at any time: <see cref="_gate"/>
/// protects file, end and list, is held for one positional write or one rename, and never for a flush;
/// <see cref="_flushing"/> is held for a flush. The order is <see cref="_flushing"/> before <see cref="_gate"/>.
/// </para>
/// <para>
/// Failures: a write that fails changes nothing here, and the next one overwrites whatever it left. The first failed
/// flush, of the file or of its directory, ends all writing: every later call throws it again. If the file or the
/// directory could not be opened for the flush, nothing has changed, and the next call tries again.
/// </para>
/// </remarks>
internal sealed class Manifest : IDisposable
{
    // Over 400 lines: all that goes by both locks is in this one file, so that one sees that their order is kept.

    /// <summary>The file's name in the partition's directory.</summary>
    public const string FileName = "manifest";

    /// <summary>A smaller file is never rewritten for its size.</summary>
    private const long RewriteAboveBytes = 1 << 16;

    /// <summary>A larger file is rewritten when it has this many times the necessary size.</summary>
    private const int WastefulFactor = 4;

    private readonly FileSystem _files;
    private readonly ManifestFile _file;
    private readonly ulong _topicUid;
    private readonly TopicPartition _id;
    private readonly Lock _gate = new();
    private readonly Lock _flushing = new();

    /// <summary>Changed under <see cref="_gate"/>.</summary>
    private readonly ManifestState _state = new();

    /// <summary>Where the next record goes. Under <see cref="_gate"/>.</summary>
    private long _end;

    /// <summary>
    /// Everything below is on the disk; each record contains this position. Under <see cref="_gate"/>.
    /// </summary>
    private long _provenEnd;

    /// <summary>Counts changes. Written under <see cref="_gate"/> with release, read by anyone.</summary>
    private long _written;

    /// <summary>
    /// The changes that are on the disk. Written under <see cref="_flushing"/> with release, read by anyone.
    /// </summary>
    private long _flushed;

    /// <summary>
    /// The size above which a rewrite for size is tried; moved up when one fails. Under <see cref="_flushing"/>.
    /// </summary>
    private long _rewriteAboveBytes = RewriteAboveBytes;

    private Manifest(FileSystem files, string path, ulong topicUid, TopicPartition id)
    {
        _files = files;
        _file = new ManifestFile(files, path, _gate);
        _topicUid = topicUid;
        _id = id;
    }

    /// <summary>
    /// The live segments, oldest first. This is the list itself, so read it only where <see cref="Add"/> may be called.
    /// </summary>
    public IReadOnlyList<SegmentEntry> Segments => _state.Segments;

    /// <summary>The first offset that may be read.</summary>
    public long LogStartOffset => _state.LogStartOffset;

    /// <summary>Greater than the sequence of any segment ever added.</summary>
    public uint NextSequence => _state.NextSequence;

    /// <summary>The bytes that a torn append had left at the end when the manifest was opened.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Whether a flush has failed, after which nothing is written any more.</summary>
    public bool HasFailed => _file.HasFailed;

    /// <summary>Whether anything that was added, or read when opening, is not known to be on the disk.</summary>
    public bool HasUnflushed => Volatile.Read(ref _flushed) != Volatile.Read(ref _written);

    /// <summary>Opens a partition's manifest, or makes an empty one, durably, if there is none.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="topicUid">The topic's uid, which the manifest must have.</param>
    /// <param name="id">The partition, which the manifest must be of.</param>
    /// <param name="isOnDisk">
    /// Whether everything found is known to be on the disk, because the last owner closed the log cleanly. If not, the
    /// first <see cref="Flush"/> writes it again.
    /// </param>
    /// <param name="isWhole">
    /// Whether no append can have left a part of a record: the log was closed cleanly, or the page cache has survived.
    /// Only a power loss tears records.
    /// </param>
    /// <exception cref="CorruptLogException">The file is damaged where no crash can have damaged it.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static Manifest Open(
        FileSystem files,
        string directory,
        ulong topicUid,
        TopicPartition id,
        bool isOnDisk = false,
        bool isWhole = false)
    {
        string path = Path.Combine(directory, FileName);
        if (!files.FileExists(path))
        {
            ManifestFile.Create(files, path, new ManifestHeader(topicUid, id.Partition));
            isOnDisk = true;
        }

        Manifest manifest = new(files, path, topicUid, id);
        try
        {
            manifest.Read(isOnDisk, isWhole);
            return manifest;
        }
        catch
        {
            manifest.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Adds a segment behind its predecessor. If that is not the last segment, the same record drops the segments after
    /// it. Recovery replaces an untrusted tail in one step this way. Survives the death of the process at once, and
    /// power loss after <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The segment does not fit the existing ones.</exception>
    public void Add(in SegmentEntry segment)
    {
        lock (_gate)
        {
            AssertInvariants();
            Append(ManifestRecord.Add(segment, _provenEnd), nameof(segment));
        }
    }

    /// <summary>
    /// Adds several segments, each behind the one before it, in one atomic step; durable on return. The first may
    /// supersede others, as in <see cref="Add"/>. The file is replaced, so only recovery may call this, which is alone.
    /// </summary>
    /// <exception cref="ArgumentException">A segment does not fit those that are there.</exception>
    public void AddAllDurably(IReadOnlyList<SegmentEntry> segments) => ChangeDurably(() =>
    {
        foreach (SegmentEntry segment in segments)
        {
            ManifestRecord record = ManifestRecord.Add(segment, _provenEnd);
            if (_state.FindFault(record) is { } fault)
            {
                throw new ArgumentException($"The manifest of {_id} cannot take a segment: {fault}.", nameof(segments));
            }

            _state.Apply(record);
        }
    });

    /// <summary>
    /// Drops the segments behind the first <paramref name="count"/>, of which nothing is kept; durable on return. The
    /// file is replaced, so only recovery may call this, which is alone.
    /// </summary>
    public void KeepFirstDurably(int count) => ChangeDurably(() => _state.KeepFirst(count));

    /// <summary>
    /// Gives segments other files, whose names are on the disk, in one atomic step; durable on return. The file is
    /// replaced, so only a salvage may call this, which is alone.
    /// </summary>
    /// <param name="files">The new sequences by the segments' uids.</param>
    public void ReplaceFilesDurably(IReadOnlyDictionary<ulong, uint> files) =>
        ChangeDurably(() => _state.ReplaceFiles(files));

    /// <summary>
    /// Moves the log start and drops the segments below <paramref name="firstLiveSequence"/>. Their files may be
    /// removed after <see cref="Flush"/>, not before.
    /// </summary>
    /// <exception cref="ArgumentException">The log start moves back, or no such segment lives.</exception>
    public void SetLogStart(long logStartOffset, uint firstLiveSequence)
    {
        lock (_gate)
        {
            AssertInvariants();
            if (logStartOffset == _state.LogStartOffset
                && (_state.Count == 0 || firstLiveSequence == _state.Segments[0].Sequence))
            {
                return;
            }

            ManifestRecord record = ManifestRecord.LogStart(
                logStartOffset, firstLiveSequence, _state.NextSequence, _provenEnd);
            Append(record, nameof(logStartOffset));
        }
    }

    /// <summary>
    /// Returns when everything added before the call is on the disk; without a system call if it is there already.
    /// Rewrites the file if most of it is history.
    /// </summary>
    public void Flush()
    {
        lock (_flushing)
        {
            _file.ThrowIfFailed();
            long target = Volatile.Read(ref _written);
            if (target == _flushed)
            {
                return;
            }

            if (!TryRewriteForSize())
            {
                FlushFile();
            }
        }
    }

    /// <summary>The file and its contents, as of now.</summary>
    /// <exception cref="FileSystemException">The file is to be opened anew, and cannot be.</exception>
    public ManifestMoment Capture()
    {
        lock (_gate)
        {
            AssertInvariants();
            return new ManifestMoment(_file.OpenUnsynchronized(), _end, [.. _state.Segments], _state.LogStartOffset);
        }
    }

    /// <summary>
    /// Whether the file is still at its path. If not, the partition's directory was removed or replaced.
    /// </summary>
    public bool IsInPlace()
    {
        lock (_gate)
        {
            AssertInvariants();
            return _file.IsInPlaceUnsynchronized();
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Takes the record and its position in the file together. The caller holds <see cref="_gate"/>.</summary>
    private void Append(in ManifestRecord record, string parameterName)
    {
        _file.ThrowIfFailed();
        if (_state.FindFault(record) is { } fault)
        {
            throw new ArgumentException($"The manifest of {_id} cannot take the change: {fault}.", parameterName);
        }

        if (_end + ManifestRecord.Bytes > ManifestReader.MaxFileBytes)
        {
            throw new InvalidOperationException(
                $"The manifest of {_id} has its greatest size: flush it, which rewrites it, before adding more.");
        }

        Span<byte> bytes = stackalloc byte[ManifestRecord.Bytes];
        record.Write(bytes, _topicUid, _end);
        _file.WriteUnsynchronized(bytes, _end);
        _state.Apply(record);
        _end += ManifestRecord.Bytes;
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>
    /// The caller holds <see cref="_flushing"/>, so the file is not replaced; records may be added meanwhile.
    /// </summary>
    private void FlushFile()
    {
        long end, target;
        LogFile file;
        lock (_gate)
        {
            AssertInvariants();
            end = _end;
            target = _written;
            file = _file.OpenUnsynchronized();
        }

        _file.Flush(file, end);
        lock (_gate)
        {
            AssertInvariants();
            _provenEnd = end;
        }

        Volatile.Write(ref _flushed, target);
    }

    /// <summary>
    /// Changes the list before the file: if replacing the file fails, the log does not open, and the list is dropped.
    /// </summary>
    private void ChangeDurably(Action change)
    {
        lock (_flushing)
        {
            lock (_gate)
            {
                AssertInvariants();
                change();
            }

            TryRewrite();
        }
    }

    private bool TryRewriteForSize()
    {
        lock (_gate)
        {
            AssertInvariants();
            if (_end <= _rewriteAboveBytes || _end <= WastefulFactor * ManifestSnapshot.Measure(_state))
            {
                return false;
            }
        }

        try
        {
            return TryRewrite();
        }
        catch (FileSystemException) when (!_file.HasFailed)
        {
            // No space, say. The file is good, only large: an ordinary flush is enough now, and a later call tries
            // again.
            _rewriteAboveBytes *= 2;
            return false;
        }
    }

    /// <summary>
    /// Replaces the file by one with the present list; false, and nothing is changed, if the list was changed
    /// meanwhile. Durable on return. The caller holds <see cref="_flushing"/>.
    /// </summary>
    private bool TryRewrite()
    {
        long version;
        byte[] contents;
        lock (_gate)
        {
            AssertInvariants();
            version = _written;
            contents = ManifestSnapshot.Encode(_state, new ManifestHeader(_topicUid, _id.Partition));
        }

        using ReplacementFile replacement = ReplacementFile.Begin(_files, _file.Path);
        replacement.Write(contents);
        replacement.FlushAndClose();
        lock (_gate)
        {
            AssertInvariants();
            if (_written != version)
            {
                return false;
            }

            _file.ReplaceUnsynchronized(replacement);
            _end = contents.Length;
            _provenEnd = ManifestHeader.Bytes;
        }

        _file.SyncName(replacement);
        lock (_gate)
        {
            AssertInvariants();
            _provenEnd = contents.Length;
        }

        Volatile.Write(ref _flushed, version);
        return true;
    }

    private void Read(bool isOnDisk, bool isWhole)
    {
        LogFile file = _file.OpenUnsynchronized();
        ManifestReader reader = new(file, _topicUid, _id);
        reader.Read(_state);
        if (isWhole && reader.TornBytes > 0)
        {
            throw StoredFile.Damaged(
                _file.Path, reader.End, "a record", $"{Units.Number(reader.TornBytes)} other bytes", _id);
        }

        _end = reader.End;
        _provenEnd = isOnDisk ? reader.End : reader.ProvenEnd;
        TornBytes = reader.TornBytes;
        _written = isOnDisk ? 0 : 1;

        // The rest of a torn append must be removed, durably, before anything is added: behind new records, old ones
        // that are valid in their places would count again.
        if (TornBytes > 0)
        {
            file.SetLength(_end);
            file.Flush(0, _end);
        }

        if (!TryRewriteForSize() && !isOnDisk)
        {
            if (reader.Image is { } image)
            {
                _file.WriteAgainFirst(image);
            }
            else
            {
                TryRewrite();
            }
        }
    }

    /// <summary>Checks what must hold when the gate is taken and released.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The gate is not held.");
        Debug.Assert(_end >= ManifestHeader.Bytes, "The file ends in its header.");
        Debug.Assert(Volatile.Read(ref _flushed) <= _written, "More was flushed than there is.");
    }
}
