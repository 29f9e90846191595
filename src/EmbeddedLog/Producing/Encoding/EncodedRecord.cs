using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Partitions.Appending;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>A record as bytes, with its partition.</summary>
internal ref struct EncodedRecord
{
    private readonly RawRecord _raw;
    private readonly RecordSize _size;

    public EncodedRecord(scoped in RawRecord raw, RecordSize size)
    {
        _raw = raw;
        _size = size;
    }

    /// <summary>The partition's number, in range.</summary>
    public int Partition { get; set; }

    /// <summary>The record; its spans point into a buffer that is soon reused.</summary>
    [UnscopedRef]
    public readonly ref readonly RawRecord Raw => ref _raw;

    /// <summary>The record's sizes.</summary>
    [UnscopedRef]
    public readonly ref readonly RecordSize Size => ref _size;

    /// <summary>The bytes that it takes in the log, and counts as in flight.</summary>
    public readonly long FrameBytes => (_size.FrameLength + FrameLayout.Alignment - 1) & -FrameLayout.Alignment;
}
