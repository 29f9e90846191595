using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>A record as bytes, with its place.</summary>
internal readonly ref struct EncodedRecord
{
    private readonly RawRecord _raw;
    private readonly RecordSize _size;

    public EncodedRecord(int partition, scoped in RawRecord raw, RecordSize size)
    {
        Partition = partition;
        _raw = raw;
        _size = size;
    }

    /// <summary>The partition's number, known to be in range.</summary>
    public int Partition { get; }

    /// <summary>The record; its spans are those of a buffer that is soon used again.</summary>
    [UnscopedRef]
    public ref readonly RawRecord Raw => ref _raw;

    /// <summary>What it measures.</summary>
    [UnscopedRef]
    public ref readonly RecordSize Size => ref _size;

    /// <summary>The bytes that it takes in the log, which are those that count as in flight.</summary>
    public long FrameBytes => (_size.FrameLength + FrameLayout.Alignment - 1) & -FrameLayout.Alignment;
}
