using System.Buffers.Binary;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format.Manifests;

/// <summary>One change of a partition's list of segments. See FORMAT.md, "Manifest".</summary>
internal readonly record struct ManifestRecord
{
    /// <summary>The size of every record of version 1, and the unit of the size of every other.</summary>
    public const int Bytes = 64;

    /// <summary>The most bytes that a record of any version has.</summary>
    public const int MaxBytes = 4096;

    private const int CrcAt = 0;
    private const int LengthAt = 4;
    private const int KindAt = 6;
    private const int FlagsAt = 7;
    private const int ProvenEndAt = 8;

    private const byte SalvagedFlag = 1;

    private const int SequenceAt = 16;
    private const int EpochAt = 20;
    private const int UidAt = 24;
    private const int BaseOffsetAt = 32;
    private const int PredecessorUidAt = 40;
    private const int PredecessorEndAt = 48;

    private const int FirstSequenceAt = 16;
    private const int NextSequenceAt = 20;
    private const int LogStartOffsetAt = 24;

    private ManifestRecord(ManifestRecordKind kind, long provenEnd)
    {
        Kind = kind;
        ProvenEnd = provenEnd;
    }

    /// <summary>What the record does.</summary>
    public ManifestRecordKind Kind { get; }

    /// <summary>All bytes of the manifest below this position had been flushed when the record was written.</summary>
    public long ProvenEnd { get; }

    /// <summary>Of <see cref="ManifestRecordKind.Add"/>: the new segment.</summary>
    public SegmentEntry Segment { get; private init; }

    /// <summary>Of <see cref="ManifestRecordKind.LogStart"/>: the first offset that may be read.</summary>
    public long LogStartOffset { get; private init; }

    /// <summary>Of <see cref="ManifestRecordKind.LogStart"/>: the first segment that stays.</summary>
    public uint FirstSequence { get; private init; }

    /// <summary>
    /// Of <see cref="ManifestRecordKind.LogStart"/>: a number greater than any sequence added so far.
    /// </summary>
    public uint NextSequence { get; private init; }

    /// <summary>A record that adds a segment.</summary>
    public static ManifestRecord Add(in SegmentEntry segment, long provenEnd) =>
        new(ManifestRecordKind.Add, provenEnd) { Segment = segment };

    /// <summary>A record that moves the log start.</summary>
    public static ManifestRecord LogStart(long logStartOffset, uint firstSequence, uint nextSequence, long provenEnd) =>
        new(ManifestRecordKind.LogStart, provenEnd)
        {
            LogStartOffset = logStartOffset,
            FirstSequence = firstSequence,
            NextSequence = nextSequence,
        };

    /// <summary>
    /// Fills the first <see cref="Bytes"/> of <paramref name="destination"/>, to stand at <paramref name="position"/>.
    /// </summary>
    public void Write(Span<byte> destination, ulong topicUid, long position)
    {
        Span<byte> record = destination[..Bytes];
        record.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(record[LengthAt..], Bytes);
        record[KindAt] = (byte)Kind;
        BinaryPrimitives.WriteInt64LittleEndian(record[ProvenEndAt..], ProvenEnd);
        if (Kind == ManifestRecordKind.Add)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record[SequenceAt..], Segment.Sequence);
            BinaryPrimitives.WriteUInt32LittleEndian(record[EpochAt..], Segment.Epoch);
            BinaryPrimitives.WriteUInt64LittleEndian(record[UidAt..], Segment.Uid);
            BinaryPrimitives.WriteInt64LittleEndian(record[BaseOffsetAt..], Segment.BaseOffset);
            BinaryPrimitives.WriteUInt64LittleEndian(record[PredecessorUidAt..], Segment.PredecessorUid);
            BinaryPrimitives.WriteInt64LittleEndian(record[PredecessorEndAt..], Segment.PredecessorEnd);
            record[FlagsAt] = Segment.IsSalvaged ? SalvagedFlag : (byte)0;
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(record[FirstSequenceAt..], FirstSequence);
            BinaryPrimitives.WriteUInt32LittleEndian(record[NextSequenceAt..], NextSequence);
            BinaryPrimitives.WriteInt64LittleEndian(record[LogStartOffsetAt..], LogStartOffset);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(record, ComputeCrc(record, topicUid, position));
    }

    /// <summary>
    /// Reads the record at <paramref name="position"/> from <paramref name="source"/>, which holds
    /// <see cref="MaxBytes"/> from there or as many as the file has. The length is meaningful also where the kind is
    /// one that this version does not know (<see cref="BlockStatus.NewerVersion"/>).
    /// </summary>
    public static BlockStatus TryRead(
        ReadOnlySpan<byte> source, ulong topicUid, long position, out ManifestRecord record, out int length)
    {
        record = default;
        length = 0;
        ReadOnlySpan<byte> head = source[..Math.Min(source.Length, Bytes)];
        if (!head.ContainsAnyExcept((byte)0))
        {
            return BlockStatus.Blank;
        }

        if (head.Length < Bytes)
        {
            return BlockStatus.Corrupt;
        }

        int stored = BinaryPrimitives.ReadUInt16LittleEndian(head[LengthAt..]);
        if (stored is < Bytes or > MaxBytes || stored % Bytes != 0 || stored > source.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(head[CrcAt..])
                != ComputeCrc(source[..stored], topicUid, position))
        {
            return BlockStatus.Corrupt;
        }

        // The flushed part is the header and whole records before this one. No writer produces anything else.
        long provenEnd = BinaryPrimitives.ReadInt64LittleEndian(head[ProvenEndAt..]);
        if (provenEnd < ManifestHeader.Bytes || provenEnd > position || provenEnd % Bytes != 0)
        {
            return BlockStatus.Corrupt;
        }

        length = stored;
        ManifestRecordKind kind = (ManifestRecordKind)head[KindAt];
        if (kind is ManifestRecordKind.Add or ManifestRecordKind.LogStart)
        {
            record = Decode(head, kind, provenEnd);
            return stored == Bytes ? BlockStatus.Valid : BlockStatus.Corrupt;
        }

        record = new ManifestRecord(kind, provenEnd);
        return BlockStatus.NewerVersion;
    }

    private static ManifestRecord Decode(ReadOnlySpan<byte> record, ManifestRecordKind kind, long provenEnd)
    {
        if (kind == ManifestRecordKind.LogStart)
        {
            return LogStart(
                BinaryPrimitives.ReadInt64LittleEndian(record[LogStartOffsetAt..]),
                BinaryPrimitives.ReadUInt32LittleEndian(record[FirstSequenceAt..]),
                BinaryPrimitives.ReadUInt32LittleEndian(record[NextSequenceAt..]),
                provenEnd);
        }

        SegmentEntry segment = new(
            BinaryPrimitives.ReadUInt32LittleEndian(record[SequenceAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[UidAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[BaseOffsetAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[EpochAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[PredecessorUidAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[PredecessorEndAt..]),
            (record[FlagsAt] & SalvagedFlag) != 0);
        return Add(segment, provenEnd);
    }

    /// <summary>Topic and position in the seed make a record valid only in its own place.</summary>
    private static uint ComputeCrc(ReadOnlySpan<byte> record, ulong topicUid, long position)
    {
        uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, topicUid), (ulong)position);
        return Crc32C.Finish(Crc32C.Append(crc, record[LengthAt..]));
    }
}
