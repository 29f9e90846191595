using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions;
using EmbeddedLog.Safety;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>Decides what of the stored offsets counts as committed when a log is opened.</summary>
internal static class OffsetLoading
{
    /// <summary>
    /// Leaves out the commits of topics that are gone, and lowers what lies behind the recovered end of its epoch. In
    /// memory: on the disk a commit stays as it is until the next one, so that later openings lower it again.
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
                    // Of a topic that was deleted; the next compaction loses it.
                    state.ForgetUnsynchronized(key);
                }
                else if (state.TryGetUnsynchronized(key, out OffsetValue value)
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

        // One line, however many groups there are: what happened to them is one event.
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

        // All that is below was recovered, so that it belongs to the present epoch as much as to its own.
        lower = new OffsetValue(end, partition.Epoch, value.CommittedAt, Metadata: null);
        return true;
    }
}
