using System.Runtime.InteropServices;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// A message of a child, as laid out in the pipe. If it has a text, <see cref="Count"/> bytes of text follow.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct LoadMessage
{
    /// <summary>The size of a message without its text.</summary>
    public const int Bytes = 32;

    public LoadMessageKind Kind;

    /// <summary>The acknowledged level: flushed, or only written.</summary>
    public bool IsFlushed;

    public LoadFailure Failure;

    /// <summary>The topic's place in <see cref="LoadTopic.All"/>.</summary>
    public byte Topic;

    public byte Partition;

    /// <summary>The group's place in <see cref="LoadGroup.All"/>.</summary>
    public byte Group;

    public short Reserved;

    /// <summary>The producer's number.</summary>
    public int Producer;

    /// <summary>The number of records, or the length of the text.</summary>
    public int Count;

    /// <summary>For records the first offset; for flushes and commits the offset after the last record.</summary>
    public long Offset;

    /// <summary>The sequence of the first record.</summary>
    public long Sequence;

    /// <summary>Whether a text follows.</summary>
    public readonly bool HasText =>
        Kind is LoadMessageKind.OpenFailed or LoadMessageKind.Note or LoadMessageKind.Violation;
}
