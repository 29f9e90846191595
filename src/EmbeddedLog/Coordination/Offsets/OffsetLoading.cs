using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions;
using EmbeddedLog.Safety;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>Decides which stored offsets count as committed when a log is opened.</summary>
internal static class OffsetLoading
{
    /// <summary>
    /// Leaves out the commits of topics that are gone, and lowers offsets behind the recovered end of their epoch.
    /// Those of a damaged partition stay, because its end is unknown until it was repaired. In memory only: on the disk
    /// a commit stays until the next one, and later openings lower it again.
    /// </summary>
    public static void Settle(
        StateLog<GroupPartition, OffsetValue, OffsetSchema> state,
        IEnumerable<PartitionLog> partitions,
        ILogger logger)
    {
        var byId = partitions.ToDictionary(partition => (partition.TopicUid, partition.Id.Partition));
        int lowered = 0;
        (string Group, TopicPartition Partition, long From, long To) first = (string.Empty, default, 0, 0);
        lock (state.Gate)
        {
            foreach (GroupPartition key in state.KeysUnsynchronized.ToArray())
            {
                if (!byId.TryGetValue((key.TopicUid, key.Partition), out PartitionLog? partition))
                {
                    // Its topic was deleted; the next compaction drops it.
                    state.ForgetUnsynchronized(key);
                }
                else if (!partition.IsDamaged
                    && state.TryGetUnsynchronized(key, out OffsetValue value)
                    && TryLower(key, value, partition, logger, out OffsetValue lower))
                {
                    state.AmendUnsynchronized(key, lower);
                    if (lowered++ == 0)
                    {
                        first = (key.Group, partition.Id, value.Offset, lower.Offset);
                    }
                }
            }
        }

        // One line for all groups: it is one event.
        if (lowered != 0 && !state.Log.Recovery.Clean)
        {
            GroupsLog.LoweredAll(logger, lowered, first.Group, first.Partition, first.From, first.To);
        }
    }

    private static bool TryLower(
        in GroupPartition key,
        in OffsetValue value,
        PartitionLog partition,
        ILogger logger,
        out OffsetValue lower)
    {
        long end = Protections.IsOut(Protection.CommitEpoch)
            ? partition.PublishedEnd
            : partition.EndOfEpoch(value.Epoch);
        lower = value;
        if (value.Offset <= end)
        {
            return false;
        }

        GroupsLog.Lowered(logger, key.Group, value.Offset, partition.Id, end);

        // All records below were recovered, so they belong to the present epoch too.
        lower = new OffsetValue(end, partition.Epoch, value.CommittedAt, Metadata: null);
        return true;
    }
}
