using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions;
using EmbeddedLog.Safety;
using Microsoft.Extensions.Logging;


namespace EmbeddedLog.Coordination.Offsets;

/// <summary>Reads what counts as committed when a log is opened.</summary>
internal static class OffsetLoading
{
    /// <summary>
    /// Reads all commits, the last of each key, leaves out those of topics that are gone, and lowers what lies behind
    /// the recovered end of its epoch.
    /// </summary>
    /// <exception cref="CorruptLogException">A record makes no sense.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version wrote one.</exception>
    public static Dictionary<GroupPartition, CommittedEntry> Load(
        PartitionLog offsets, IEnumerable<PartitionLog> partitions, ILogger logger)
    {
        Dictionary<GroupPartition, CommittedEntry> entries = Read(offsets);
        var byId = partitions.ToDictionary(partition => (partition.TopicUid, partition.Id.Partition));
        int lowered = 0;
        (string Group, TopicPartition Partition, long From, long To) first = (string.Empty, default, 0, 0);
        foreach ((GroupPartition key, CommittedEntry entry) in entries)
        {
            if (!byId.TryGetValue((key.TopicUid, key.Partition), out PartitionLog? partition))
            {
                // Of a topic that was deleted; the next compaction loses it.
                entries.Remove(key);
                continue;
            }

            long committed = entry.Value.Offset;
            Lower(key, entry, partition, logger);
            if (entry.Value.Offset != committed && lowered++ == 0)
            {
                first = (key.Group, partition.Id, committed, entry.Value.Offset);
            }
        }

        // One line, however many groups there are: what happened to them is one event. The commit stays as it is on the
        // disk until the next one, so that later openings lower it again.
        if (lowered != 0 && !offsets.Recovery.Clean)
        {
            GroupsLog.LoweredAll(
                logger, lowered, first.Group, first.Partition, first.From, first.To);
        }

        return entries;
    }

    private static Dictionary<GroupPartition, CommittedEntry> Read(PartitionLog offsets)
    {
        Dictionary<GroupPartition, CommittedEntry> entries = [];
        using PartitionScan scan = offsets.Scan(offsets.StartOffset);
        while (scan.TryRead(out RecordView record))
        {
            if (!record.HasKey || !HasVersion(record.Key)
                || !OffsetCodec.TryDecodeKey(record.Key, out GroupPartition key))
            {
                throw GroupErrors.Unreadable(offsets, record.Offset, record.Key, "key");
            }

            if (record.IsTombstone)
            {
                entries.Remove(key);
                continue;
            }

            if (!HasVersion(record.Value) || !OffsetCodec.TryDecodeValue(record.Value, out OffsetValue value))
            {
                throw GroupErrors.Unreadable(offsets, record.Offset, record.Value, "value");
            }

            if (!entries.TryGetValue(key, out CommittedEntry? entry))
            {
                entries.Add(key, entry = new CommittedEntry(record.Key.ToArray()));
            }

            entry.Value = value;
        }

        return entries;
    }

    private static bool HasVersion(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && bytes[0] == OffsetCodec.Version;

    private static void Lower(in GroupPartition key, CommittedEntry entry, PartitionLog partition, ILogger logger)
    {
        OffsetValue value = entry.Value;
        long end = Protections.IsOut(Protection.CommitEpoch)
            ? partition.PublishedEnd
            : partition.EndOfEpoch(value.Epoch);
        if (value.Offset <= end)
        {
            return;
        }

        GroupsLog.Lowered(logger, key.Group, value.Offset, partition.Id, end);

        // All that is below was recovered, so that it belongs to the present epoch as much as to its own.
        entry.Value = new OffsetValue(end, partition.Epoch, value.CommittedAt, Metadata: null);
    }
}
