using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Partitions.Reading;
using EmbeddedLog.Safety;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>Decides which stored offsets count as committed when a log is opened.</summary>
internal static class OffsetLoading
{
    /// <summary>
    /// Leaves out the commits of topics that are gone, and lowers offsets behind the recovered end of their epoch.
    /// Those of a damaged partition stay, because its end is unknown until it was repaired. In memory only: on the disk
    /// a commit stays until the next one, and later openings lower it again. Followed partitions may change meanwhile,
    /// so what counts is found again when it is asked for.
    /// </summary>
    public static void Settle(
        StateLog<GroupPartition, OffsetValue, OffsetSchema> state,
        IEnumerable<ReadablePartition> partitions,
        ILogger logger)
    {
        bool isFollowing = false;
        var byId = partitions.ToDictionary(partition => (partition.TopicUid, partition.Id.Partition));
        int lowered = 0;
        (string Group, TopicPartition Partition, long From, long To) first = (string.Empty, default, 0, 0);
        lock (state.Gate)
        {
            foreach (GroupPartition key in state.KeysUnsynchronized.Where(key => key.IsOffset).ToArray())
            {
                if (!byId.TryGetValue((key.TopicUid, key.Partition), out ReadablePartition? partition))
                {
                    // Its topic was deleted; the next compaction drops it.
                    state.ForgetUnsynchronized(key);
                }
                else if (!partition.IsDamaged
                    && state.TryGetUnsynchronized(key, out OffsetValue value)
                    && TryLowerFound(value, partition, out OffsetValue lower))
                {
                    isFollowing |= partition.IsFollowed;
                    GroupsLog.Lowered(logger, key.Group, value.Offset, partition.Id, lower.Offset);
                    state.AmendUnsynchronized(key, lower);
                    if (lowered++ == 0)
                    {
                        first = (key.Group, partition.Id, value.Offset, lower.Offset);
                    }
                }
            }
        }

        // One line for all groups: it is one event, of the last recovery of the log, whoever made it.
        if (lowered != 0 && (isFollowing || !state.Log.Recovery.Clean))
        {
            GroupsLog.LoweredAll(logger, lowered, first.Group, first.Partition, first.From, first.To);
        }
    }

    /// <summary>Whether records below a committed offset were lost, so that a lower one counts.</summary>
    /// <exception cref="EmbeddedLogException">The partition is followed, and its end cannot be told.</exception>
    public static bool TryLower(in OffsetValue value, ReadablePartition partition, out OffsetValue lower)
    {
        long end = Protections.IsOut(Protection.CommitEpoch)
            ? partition.PublishedEnd
            : partition.EndOfEpoch(value.Epoch);
        lower = value;
        if (value.Offset <= end)
        {
            return false;
        }

        // All records below were recovered, so they belong to the present epoch of an owner too. That of a followed
        // partition may be another one by now.
        uint epoch = partition.IsFollowed ? value.Epoch : partition.EpochBelow(end);
        lower = new OffsetValue(end, epoch, value.CommittedAt, Metadata: null);
        return true;
    }

    private static bool TryLowerFound(in OffsetValue value, ReadablePartition partition, out OffsetValue lower)
    {
        try
        {
            return TryLower(value, partition, out lower);
        }
        catch (EmbeddedLogException) when (partition.IsFollowed)
        {
            // Its reads tell the trouble, and begin where is found then.
            lower = value;
            return false;
        }
    }
}
