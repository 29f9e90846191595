using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files.Manifests;

/// <summary>
/// Reads a manifest once, from its beginning, at once or through a buffer. It decides where the valid records end, and
/// whether the bytes behind them are a torn append or damage. See FORMAT.md, "Manifest".
/// </summary>
internal sealed class ManifestReader
{
    /// <summary>
    /// The greatest file that is read: at 64 bytes a record, sixteen million changes without a rewrite.
    /// </summary>
    public const long MaxFileBytes = 1L << 30;

    /// <summary>The greatest file that is read at once, so that its bytes can be written again unchanged.</summary>
    private const int MaxWholeBytes = 1 << 20;

    private const int BufferBytes = 1 << 16;

    private readonly LogFile _file;
    private readonly ulong _topicUid;
    private readonly TopicPartition _id;
    private readonly long _length;
    private readonly byte[] _buffer;

    /// <summary>The position of the buffer's first byte in the file.</summary>
    private long _bufferStart;

    /// <summary>The number of bytes in the buffer that are the file's.</summary>
    private int _bufferCount;

    public ManifestReader(LogFile file, ulong topicUid, TopicPartition id, long limit = long.MaxValue)
    {
        _file = file;
        _topicUid = topicUid;
        _id = id;
        _length = Math.Min(file.Length, limit);
        _buffer = new byte[_length <= MaxWholeBytes ? _length : BufferBytes];
    }

    /// <summary>Where the next record goes.</summary>
    public long End { get; private set; }

    /// <summary>The position below which everything is known to have been on the disk.</summary>
    public long ProvenEnd { get; private set; }

    /// <summary>
    /// The bytes behind <see cref="End"/> that a torn append left; zero when there are none, or only zeros.
    /// </summary>
    public long TornBytes { get; private set; }

    /// <summary>The bytes that were read, up to <see cref="End"/>; null if the file is too large for that.</summary>
    public byte[]? Image => _length <= MaxWholeBytes ? _buffer[..(int)End] : null;

    /// <summary>Applies all records to <paramref name="state"/>.</summary>
    public void Read(ManifestState state)
    {
        if (_length > MaxFileBytes)
        {
            throw Damaged(MaxFileBytes, $"at most {Units.Size(MaxFileBytes)}", Units.Size(_length));
        }

        ReadHeader();
        End = ProvenEnd = ManifestHeader.Bytes;
        while (TryReadRecord(state))
        {
        }

        CheckTail();
    }

    private void ReadHeader()
    {
        ReadOnlySpan<byte> bytes = GetBytes(0);
        switch (ManifestHeader.TryRead(bytes, out ManifestHeader header))
        {
            case BlockStatus.NewerVersion:
                throw StoredFile.TooNew(
                    _file.Path, 0, $"format version {ChecksummedBlock.Version}",
                    $"version {ChecksummedBlock.GetVersion(bytes)}", _id);
            case not BlockStatus.Valid:
                throw Damaged(0, "the header of a manifest", "other bytes");
        }

        if (header != new ManifestHeader(_topicUid, _id.Partition))
        {
            throw Damaged(
                0,
                $"the manifest of partition {_id.Partition} of topic {_topicUid:x16}",
                $"that of partition {header.Partition} of topic {header.TopicUid:x16}");
        }
    }

    private bool TryReadRecord(ManifestState state)
    {
        BlockStatus status = ManifestRecord.TryRead(
            GetBytes(End), _topicUid, End, out ManifestRecord record, out int length);
        if (status == BlockStatus.NewerVersion)
        {
            throw StoredFile.TooNew(
                _file.Path, End, "a record that adds a segment or moves the log start",
                $"a record of kind {(byte)record.Kind}"
                + (record.Kind == ManifestRecordKind.Replace ? " (compaction)" : ""),
                _id);
        }

        if (status != BlockStatus.Valid)
        {
            return false;
        }

        if (state.FindFault(record) is { } fault)
        {
            throw Damaged(End, "a record that fits those before it", $"one that does not: {fault}");
        }

        state.Apply(record);
        ProvenEnd = Math.Max(ProvenEnd, record.ProvenEnd);
        End += length;
        return true;
    }

    /// <summary>
    /// Checks everything behind the last good record. Appends that were never flushed may have reached the disk in any
    /// order, so good records may follow a bad one. But if a later record was written after the place of the bad one
    /// had been flushed, no crash can explain the bad one.
    /// </summary>
    private void CheckTail()
    {
        bool blank = true;
        for (long position = End; position < _length; position += ManifestRecord.Bytes)
        {
            BlockStatus status = ManifestRecord.TryRead(
                GetBytes(position), _topicUid, position, out ManifestRecord record, out _);
            blank &= status == BlockStatus.Blank;
            if (status is BlockStatus.Valid or BlockStatus.NewerVersion && record.ProvenEnd > End)
            {
                throw Damaged(End, "a record, because a later one says that it was flushed", "other bytes");
            }
        }

        TornBytes = blank ? 0 : _length - End;
    }

    /// <summary>The bytes from a position on: as many as the longest record has, or as the file has.</summary>
    private ReadOnlySpan<byte> GetBytes(long position)
    {
        long wanted = Math.Clamp(_length - position, 0, ManifestRecord.MaxBytes);
        if (position < _bufferStart || position + wanted > _bufferStart + _bufferCount)
        {
            _bufferStart = position;
            _bufferCount = _file.Read(_buffer, position);
        }

        int start = (int)(position - _bufferStart);
        return _buffer.AsSpan(start, (int)Math.Min(wanted, _bufferCount - start));
    }

    private CorruptLogException Damaged(long position, string expected, string actual) =>
        StoredFile.Damaged(_file.Path, position, expected, actual, _id);
}
