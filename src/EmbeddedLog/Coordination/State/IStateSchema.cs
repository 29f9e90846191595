using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.State;

/// <summary>
/// The contents of a <see cref="StateLog{TKey, TValue, TSchema}"/>, and their place. Implemented by a struct without
/// instances, so that the log calls it directly. Keys and values begin with a byte that is their version.
/// </summary>
internal interface IStateSchema<TKey, TValue>
    where TKey : notnull
{
    /// <summary>The reserved name of the partition's topic.</summary>
    static abstract string TopicName { get; }

    /// <summary>The uid of that topic, the same in every log.</summary>
    static abstract ulong TopicUid { get; }

    /// <summary>The name of the contents in messages: <c>committed offsets</c>.</summary>
    static abstract string Contents { get; }

    /// <summary>The directory to restore after damage, in messages: <c>the directory of the groups</c>.</summary>
    static abstract string Place { get; }

    /// <summary>The first byte of keys and of values.</summary>
    static abstract byte Version { get; }

    /// <summary>The most bytes of a key.</summary>
    static abstract int MaxKeyBytes { get; }

    /// <summary>The most bytes of a value.</summary>
    static abstract int MaxValueBytes { get; }

    /// <summary>A key's bytes: equal for equal keys, and different for others.</summary>
    static abstract byte[] EncodeKey(in TKey key);

    /// <summary>Reads a key; false if no writer produces it.</summary>
    static abstract bool TryDecodeKey(ReadOnlySpan<byte> bytes, out TKey key);

    /// <summary>The bytes of a value.</summary>
    static abstract int MeasureValue(in TValue value);

    /// <summary>Writes a value into a span of its length.</summary>
    static abstract void EncodeValue(in TValue value, Span<byte> bytes);

    /// <summary>Reads a value; false if no writer produces it.</summary>
    static abstract bool TryDecodeValue(ReadOnlySpan<byte> bytes, out TValue value);

    /// <summary>Logs that a compaction has failed; the log tries again.</summary>
    static abstract void LogNotCompacted(ILogger logger, Exception failure);
}
