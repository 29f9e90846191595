using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using EmbeddedLog.Format.Checksums;

namespace EmbeddedLog.Format;

/// <summary>
/// The state of all partitions at a clean close. It binds the files of a log to one moment. See FORMAT.md, "Closed".
/// </summary>
internal sealed class ClosedList
{
    /// <summary>
    /// A larger file is neither written nor read, so that a forged one costs little memory. Enough for half a million
    /// partitions.
    /// </summary>
    public const long MaxFileBytes = 64L << 20;

    /// <summary>The bytes before the first row.</summary>
    public const int HeaderBytes = 64;

    private const int LogUidAt = 16;
    private const int GenerationAt = 24;
    private const int ClosedAtAt = 32;
    private const int PartitionsAt = 40;
    private const int TopicsAt = 44;
    private const int CrcAt = 8;

    /// <summary>A uid and the length of the name that follows.</summary>
    private const int TopicBytes = 9;

    private readonly Dictionary<(ulong TopicUid, int Partition), ClosedPartition> _partitions = [];

    /// <param name="logUid">The log.</param>
    /// <param name="generation">The generation of the session that names the list.</param>
    /// <param name="closedAt">When the log was closed, in Unix milliseconds.</param>
    /// <param name="topics">All topics with partitions in the list.</param>
    /// <param name="partitions">All partitions.</param>
    public ClosedList(
        ulong logUid,
        ulong generation,
        long closedAt,
        IReadOnlyList<ClosedTopic> topics,
        IEnumerable<ClosedPartition> partitions)
    {
        LogUid = logUid;
        Generation = generation;
        ClosedAt = closedAt;
        Topics = topics;
        foreach (ClosedPartition partition in partitions)
        {
            _partitions[(partition.TopicUid, partition.Partition)] = partition;
        }
    }

    /// <summary>The log that the list is of.</summary>
    public ulong LogUid { get; }

    /// <summary>The generation of the session that names the list.</summary>
    public ulong Generation { get; }

    /// <summary>When the log was closed, in Unix milliseconds.</summary>
    public long ClosedAt { get; }

    /// <summary>The topics at the close.</summary>
    public IReadOnlyList<ClosedTopic> Topics { get; }

    /// <summary>The partitions at the close, in no order.</summary>
    public IReadOnlyCollection<ClosedPartition> Partitions => _partitions.Values;

    /// <summary>The checksum of the file's contents, known once it was read or encoded.</summary>
    public uint Crc { get; private set; }

    private static ReadOnlySpan<byte> Magic => "ELOGCLSD"u8;

    /// <summary>The state of a partition; null if there was no such partition.</summary>
    public ClosedPartition? Find(ulong topicUid, int partition) =>
        _partitions.TryGetValue((topicUid, partition), out ClosedPartition row) ? row : null;

    /// <summary>Whether another list has the same topics, and the same partitions in the same state.</summary>
    public bool TellsTheSame(ClosedList other) =>
        LogUid == other.LogUid
        && Topics.ToHashSet().SetEquals(other.Topics)
        && _partitions.Count == other._partitions.Count
        && _partitions.Values.All(row => other.Find(row.TopicUid, row.Partition) == row);

    /// <summary>The same list with one partition replaced.</summary>
    public ClosedList With(in ClosedPartition partition, ulong generation) =>
        new(LogUid, generation, ClosedAt, Topics, [.. _partitions.Values, partition]);

    /// <summary>The size of the file.</summary>
    public long FileBytes => 2L * (HeaderBytes + ((long)_partitions.Count * ClosedPartition.Bytes)
        + Topics.Sum(topic => (long)TopicBytes + topic.Directory.Length));

    /// <summary>The bytes of the file: the list twice, so that damage in one place loses nothing.</summary>
    public byte[] Encode()
    {
        int bytes = (int)(FileBytes / 2);
        byte[] file = new byte[2 * bytes];
        Span<byte> block = file.AsSpan(0, bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(block[LogUidAt..], LogUid);
        BinaryPrimitives.WriteUInt64LittleEndian(block[GenerationAt..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(block[ClosedAtAt..], ClosedAt);
        BinaryPrimitives.WriteInt32LittleEndian(block[PartitionsAt..], _partitions.Count);
        BinaryPrimitives.WriteInt32LittleEndian(block[TopicsAt..], Topics.Count);
        int at = HeaderBytes;
        foreach (ClosedPartition partition in _partitions.Values)
        {
            partition.Write(block[at..]);
            at += ClosedPartition.Bytes;
        }

        foreach (ClosedTopic topic in Topics)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block[at..], topic.Uid);
            block[at + sizeof(ulong)] = (byte)Encoding.ASCII.GetBytes(topic.Directory, block[(at + TopicBytes)..]);
            at += TopicBytes + topic.Directory.Length;
        }

        ChecksummedBlock.Seal(block, Magic);
        Crc = BinaryPrimitives.ReadUInt32LittleEndian(block[CrcAt..]);
        block.CopyTo(file.AsSpan(bytes));
        return file;
    }

    /// <summary>
    /// Whether a copy with this beginning can have this length. A large file of another kind is not read then.
    /// </summary>
    public static bool IsPlausible(ReadOnlySpan<byte> header, long length)
    {
        if (header.Length < HeaderBytes || !header.StartsWith(Magic))
        {
            return false;
        }

        long partitions = BinaryPrimitives.ReadUInt32LittleEndian(header[PartitionsAt..]);
        long topics = BinaryPrimitives.ReadUInt32LittleEndian(header[TopicsAt..]);
        long least = HeaderBytes + (partitions * ClosedPartition.Bytes) + (topics * TopicBytes);
        return length >= least && length <= least + (topics * byte.MaxValue);
    }

    /// <summary>Reads the file's contents; one of the two copies is enough.</summary>
    /// <param name="file">All of it.</param>
    /// <param name="list">The list, if it is valid.</param>
    /// <param name="isWhole">Whether both copies are intact.</param>
    /// <param name="version">The version of a newer one.</param>
    public static BlockStatus TryRead(
        ReadOnlySpan<byte> file, out ClosedList? list, out bool isWhole, out ushort version)
    {
        int half = file.Length / 2;
        BlockStatus first = TryReadCopy(file[..half], out list);
        BlockStatus second = TryReadCopy(file[half..], out ClosedList? copy);
        isWhole = first == BlockStatus.Valid && second == BlockStatus.Valid
            && file[..half].SequenceEqual(file[half..]);
        list ??= copy;
        bool isNewer = first == BlockStatus.NewerVersion || second == BlockStatus.NewerVersion;
        version = isNewer
            ? ChecksummedBlock.GetVersion(first == BlockStatus.NewerVersion ? file : file[half..])
            : ChecksummedBlock.Version;
        return isNewer ? BlockStatus.NewerVersion
            : list is not null ? BlockStatus.Valid
            : BlockStatus.Corrupt;
    }

    private static BlockStatus TryReadCopy(ReadOnlySpan<byte> block, out ClosedList? list)
    {
        list = null;
        BlockStatus status = ChecksummedBlock.Check(block, Magic);
        if (status != BlockStatus.Valid)
        {
            return status;
        }

        if (TryParse(block, out ClosedList? parsed))
        {
            list = parsed;
            return BlockStatus.Valid;
        }

        return BlockStatus.Corrupt;
    }

    private static bool TryParse(ReadOnlySpan<byte> block, [NotNullWhen(true)] out ClosedList? list)
    {
        list = null;
        if (block.Length < HeaderBytes)
        {
            return false;
        }

        int partitions = BinaryPrimitives.ReadInt32LittleEndian(block[PartitionsAt..]);
        int topics = BinaryPrimitives.ReadInt32LittleEndian(block[TopicsAt..]);
        long least = HeaderBytes + ((long)partitions * ClosedPartition.Bytes) + ((long)topics * TopicBytes);
        if (partitions < 0 || topics < 0 || least > block.Length)
        {
            return false;
        }

        ClosedPartition[] rows = new ClosedPartition[partitions];
        int at = HeaderBytes;
        for (int i = 0; i < rows.Length; i++, at += ClosedPartition.Bytes)
        {
            if (!ClosedPartition.TryRead(block[at..], out rows[i]))
            {
                return false;
            }
        }

        ClosedTopic[] names = new ClosedTopic[topics];
        for (int i = 0; i < names.Length; i++)
        {
            if (block.Length - at < TopicBytes || block.Length - at - TopicBytes < block[at + sizeof(ulong)])
            {
                return false;
            }

            ReadOnlySpan<byte> name = block.Slice(at + TopicBytes, block[at + sizeof(ulong)]);
            names[i] = new ClosedTopic(
                BinaryPrimitives.ReadUInt64LittleEndian(block[at..]), Encoding.ASCII.GetString(name));
            at += TopicBytes + name.Length;
        }

        list = new ClosedList(
            BinaryPrimitives.ReadUInt64LittleEndian(block[LogUidAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(block[GenerationAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(block[ClosedAtAt..]),
            names,
            rows)
        {
            Crc = BinaryPrimitives.ReadUInt32LittleEndian(block[CrcAt..]),
        };
        return at == block.Length && list.Partitions.Count == partitions
            && list.Generation is > 0 and <= FormatLimits.MaxEpoch;
    }
}
