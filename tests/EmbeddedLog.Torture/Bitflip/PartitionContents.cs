using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Torture.Bitflip;

/// <summary>The contents of a partition: its start and a checksum of each record.</summary>
internal sealed class PartitionContents : IEquatable<PartitionContents>
{
    private readonly long _start;
    private readonly List<uint> _records = [];

    private PartitionContents(long start)
    {
        _start = start;
    }

    /// <summary>The offset behind the last record.</summary>
    public long End => _start + _records.Count;

    /// <summary>Reads a partition from its start to its end.</summary>
    /// <exception cref="InvalidOperationException">An offset is missing.</exception>
    public static PartitionContents Read(OwnedPartition partition)
    {
        PartitionContents contents = new(partition.StartOffset);
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            if (record.Offset != contents.End)
            {
                throw new InvalidOperationException($"Offset {record.Offset} follows {contents.End - 1}.");
            }

            contents._records.Add(ChecksumOf(record));
        }

        return contents.End == partition.EndOffset
            ? contents
            : throw new InvalidOperationException($"A scan ends at {contents.End}, the log at {partition.EndOffset}.");
    }

    /// <summary>Reads a partition after a salvage: the checksums of its records, by offset.</summary>
    public static Dictionary<long, uint> ReadWithGaps(OwnedPartition partition)
    {
        Dictionary<long, uint> records = [];
        using PartitionScan scan = partition.Scan(partition.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            records.Add(record.Offset, ChecksumOf(record));
        }

        return records;
    }

    /// <summary>The checksum of the record at an offset; null where there is none.</summary>
    public uint? At(long offset) => offset >= _start && offset < End ? _records[(int)(offset - _start)] : null;

    /// <summary>Whether it has all records of the one and only records of the other.</summary>
    public bool IsBetween(PartitionContents least, PartitionContents most) =>
        _start == most._start && End >= least.End && End <= most.End
        && _records.SequenceEqual(most._records.Take(_records.Count));

    public bool Equals(PartitionContents? other) =>
        other is not null && _start == other._start && _records.SequenceEqual(other._records);

    public override bool Equals(object? obj) => Equals(obj as PartitionContents);

    public override int GetHashCode() => HashCode.Combine(_start, _records.Count);

    public override string ToString() => $"offsets {_start} to {End}, checksum {Checksum():x8}";

    private uint Checksum() =>
        Crc32C.Finish(_records.Aggregate(Crc32C.Initial, Crc32C.Append));

    private static uint ChecksumOf(in RecordView record)
    {
        uint crc = Crc32C.Append(Crc32C.Initial, (ulong)record.Offset);
        crc = Crc32C.Append(crc, (ulong)record.Timestamp);
        crc = Crc32C.Append(crc, (record.HasKey ? 1u : 0) | (record.IsTombstone ? 2u : 0));
        crc = Crc32C.Append(Crc32C.Append(crc, (uint)record.Key.Length), record.Key);
        crc = Crc32C.Append(Crc32C.Append(crc, (uint)record.Value.Length), record.Value);
        foreach (HeaderView header in record.Headers)
        {
            crc = Crc32C.Append(Crc32C.Append(crc, header.Key), header.Value);
        }

        return Crc32C.Finish(crc);
    }
}
