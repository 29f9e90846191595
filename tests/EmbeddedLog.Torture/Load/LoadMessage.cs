using System.Runtime.InteropServices;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// What a child tells, as it stands in the pipe. A text of <see cref="Count"/> bytes follows those that have one.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct LoadMessage
{
    /// <summary>The size of a message without its text.</summary>
    public const int Bytes = 32;

    public LoadMessageKind Kind;

    /// <summary>The level that was acknowledged: flushed, or only written.</summary>
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

    /// <summary>How many records, or the length of the text.</summary>
    public int Count;

    /// <summary>Of records: the first one's. Of flushes and commits: the one behind the last.</summary>
    public long Offset;

    /// <summary>The first record's.</summary>
    public long Sequence;

    /// <summary>Whether a text follows.</summary>
    public readonly bool HasText =>
        Kind is LoadMessageKind.OpenFailed or LoadMessageKind.Note or LoadMessageKind.Violation;
}
