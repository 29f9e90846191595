using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>The bytes of committed offsets. See FORMAT.md, "Committed offsets".</summary>
internal static class OffsetCodec
{
    /// <summary>The first byte of keys and of values.</summary>
    public const byte Version = 1;

    /// <summary>The most bytes of metadata; Kafka's <c>offset.metadata.max.bytes</c>.</summary>
    public const int MaxMetadataBytes = 4096;

    /// <summary>The bytes of a value without metadata.</summary>
    public const int PlainValueBytes = MetadataAt;

    /// <summary>The most bytes of a key: two names of the greatest length.</summary>
    public const int MaxKeyBytes = FixedKeyBytes + (2 * NameRules.MaxLength);

    private const int OffsetAt = 1;
    private const int EpochAt = 9;
    private const int CommittedAtAt = 13;
    private const int MetadataLengthAt = 21;
    private const int MetadataAt = 23;

    /// <summary>Version, the lengths of two names, uid and partition.</summary>
    private const int FixedKeyBytes = 1 + 1 + 1 + sizeof(ulong) + sizeof(int);

    /// <summary>The key of the record that holds a group's offset in a partition.</summary>
    public static byte[] EncodeKey(in GroupPartition key)
    {
        byte[] bytes = new byte[FixedKeyBytes + key.Group.Length + key.Topic.Length];
        bytes[0] = Version;
        int at = WriteName(bytes, 1, key.Group);
        at = WriteName(bytes, at, key.Topic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), key.TopicUid);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at + sizeof(ulong)), key.Partition);
        return bytes;
    }

    /// <summary>Reads a key; false if no writer produces it.</summary>
    public static bool TryDecodeKey(ReadOnlySpan<byte> bytes, out GroupPartition key)
    {
        key = default;
        ReadOnlySpan<byte> rest = bytes.IsEmpty ? bytes : bytes[1..];
        if (!TryReadName(ref rest, out string? group) || !TryReadName(ref rest, out string? topic)
            || rest.Length != sizeof(ulong) + sizeof(int))
        {
            return false;
        }

        key = new GroupPartition(
            group,
            topic,
            BinaryPrimitives.ReadUInt64LittleEndian(rest),
            BinaryPrimitives.ReadInt32LittleEndian(rest[sizeof(ulong)..]));
        return key.IsOffset
            ? group.Length > 0 && key.Partition >= 0
            : key == GroupPartition.EmptySince(group);
    }

    /// <summary>The bytes of a value.</summary>
    public static int MeasureValue(in OffsetValue value) =>
        MetadataAt + (value.Metadata is null ? 0 : Encoding.UTF8.GetByteCount(value.Metadata));

    /// <summary>Writes a value into a span of its length.</summary>
    public static void EncodeValue(in OffsetValue value, Span<byte> bytes)
    {
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[OffsetAt..], value.Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[EpochAt..], value.Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CommittedAtAt..], value.CommittedAt);
        int length = value.Metadata is null ? 0 : 1 + Encoding.UTF8.GetBytes(value.Metadata, bytes[MetadataAt..]);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[MetadataLengthAt..], (ushort)length);
    }

    /// <summary>Reads a value; false if no writer produces it.</summary>
    public static bool TryDecodeValue(ReadOnlySpan<byte> bytes, out OffsetValue value)
    {
        value = default;
        if (bytes.Length < MetadataAt)
        {
            return false;
        }

        // The length plus one, so that no metadata and empty metadata differ.
        int metadata = BinaryPrimitives.ReadUInt16LittleEndian(bytes[MetadataLengthAt..]);
        if (bytes.Length != MetadataAt + Math.Max(0, metadata - 1) || metadata > MaxMetadataBytes + 1)
        {
            return false;
        }

        value = new OffsetValue(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[OffsetAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[EpochAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[CommittedAtAt..]),
            metadata == 0 ? null : Encoding.UTF8.GetString(bytes[MetadataAt..]));
        return value.Offset >= 0;
    }

    /// <summary>Throws unless the text can be stored with a commit.</summary>
    /// <exception cref="ArgumentException">It is too long, or has no UTF-8 form.</exception>
    public static void ThrowIfNotMetadata(string metadata)
    {
        TextRules.ThrowIfNotWellFormed(metadata);
        int bytes = Encoding.UTF8.GetByteCount(metadata);
        if (bytes > MaxMetadataBytes)
        {
            throw new ArgumentException(
                $"The metadata takes {Units.Size(bytes)} as UTF-8, more than {Units.Size(MaxMetadataBytes)}. Keep "
                + "longer text in a topic of its own.",
                nameof(metadata));
        }
    }

    /// <summary>Names are ASCII and at most 249 long, see <see cref="NameRules"/>.</summary>
    private static int WriteName(byte[] bytes, int at, string name)
    {
        bytes[at] = (byte)name.Length;
        return at + 1 + Encoding.ASCII.GetBytes(name, bytes.AsSpan(at + 1));
    }

    /// <summary>Reads a name, or that there is none.</summary>
    private static bool TryReadName(ref ReadOnlySpan<byte> rest, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (rest.IsEmpty || rest[0] >= rest.Length)
        {
            return false;
        }

        name = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return name.Length == 0 || NameRules.Fault(name) is null;
    }
}
