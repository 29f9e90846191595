using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.State;

/// <summary>
/// What a <see cref="StateLog{TKey, TValue, TSchema}"/> keeps, and where: implemented by a struct that is never made,
/// so that the log calls it directly. Keys and values begin with a byte that is their version.
/// </summary>
internal interface IStateSchema<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The reserved name of the topic that the log's partition belongs to.</summary>
    static abstract string TopicName { get; }

    /// <summary>The uid of that topic, the same in every log.</summary>
    static abstract ulong TopicUid { get; }

    /// <summary>What it holds, as messages say it: <c>committed offsets</c>.</summary>
    static abstract string Contents { get; }

    /// <summary>What to restore where it is damaged: <c>the directory of the groups</c>.</summary>
    static abstract string Place { get; }

    /// <summary>The first byte of keys and of values.</summary>
    static abstract byte Version { get; }

    /// <summary>The most bytes of a key.</summary>
    static abstract int MaxKeyBytes { get; }

    /// <summary>The most bytes of a value.</summary>
    static abstract int MaxValueBytes { get; }

    /// <summary>A key's bytes; the same for equal keys, and no others have them.</summary>
    static abstract byte[] EncodeKey(in TKey key);

    /// <summary>Reads a key; false where it is none that a writer produces.</summary>
    static abstract bool TryDecodeKey(ReadOnlySpan<byte> bytes, out TKey key);

    /// <summary>The bytes that a value takes.</summary>
    static abstract int MeasureValue(in TValue value);

    /// <summary>Writes a value into a span that is exactly as long.</summary>
    static abstract void EncodeValue(in TValue value, Span<byte> bytes);

    /// <summary>Reads a value; false where it is none that a writer produces.</summary>
    static abstract bool TryDecodeValue(ReadOnlySpan<byte> bytes, out TValue value);

    /// <summary>Logs that a compaction has failed, which is tried again.</summary>
    static abstract void LogNotCompacted(ILogger logger, Exception failure);
}
