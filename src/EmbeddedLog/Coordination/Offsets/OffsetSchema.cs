using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>Committed offsets as a state: by group and partition, in the bytes of <see cref="OffsetCodec"/>.</summary>
internal readonly struct OffsetSchema : IStateSchema<GroupPartition, OffsetValue>
{
    public static string TopicName => OffsetStore.TopicName;

    public static ulong TopicUid => OffsetStore.TopicUid;

    public static string Contents => "committed offsets";

    public static string Place => "the directory of the groups";

    public static byte Version => OffsetCodec.Version;

    public static int MaxKeyBytes => OffsetCodec.MaxKeyBytes;

    public static int MaxValueBytes => OffsetCodec.PlainValueBytes + OffsetCodec.MaxMetadataBytes;

    public static byte[] EncodeKey(in GroupPartition key) => OffsetCodec.EncodeKey(key);

    public static bool TryDecodeKey(ReadOnlySpan<byte> bytes, out GroupPartition key) =>
        OffsetCodec.TryDecodeKey(bytes, out key);

    public static int MeasureValue(in OffsetValue value) => OffsetCodec.MeasureValue(value);

    public static void EncodeValue(in OffsetValue value, Span<byte> bytes) => OffsetCodec.EncodeValue(value, bytes);

    public static bool TryDecodeValue(ReadOnlySpan<byte> bytes, out OffsetValue value) =>
        OffsetCodec.TryDecodeValue(bytes, out value);

    public static void LogNotCompacted(ILogger logger, Exception failure) => GroupsLog.NotCompacted(logger, failure);
}
