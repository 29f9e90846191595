using EmbeddedLog.Coordination.State;
using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Offsets;

/// <summary>
/// Since when groups are empty, by the time for which the log was open, beside what they have committed. All members
/// are safe to call from any thread.
/// </summary>
/// <param name="state">What is committed.</param>
/// <param name="loggerUnderLock">A logger for use under a lock.</param>
internal sealed class GroupTimes(
    StateLog<GroupPartition, OffsetValue, OffsetSchema> state, ILogger loggerUnderLock)
{
    /// <summary>For how long the log was open, in milliseconds, as it was noted last.</summary>
    public long OpenTime
    {
        get
        {
            lock (state.Gate)
            {
                return state.TryGetUnsynchronized(GroupPartition.OpenTime, out OffsetValue noted) ? noted.Offset : 0;
            }
        }
    }

    /// <summary>
    /// The groups that have committed, or that were noted to be empty, with the open time of that, or null.
    /// </summary>
    public IReadOnlyDictionary<string, (long? EmptySince, bool HasCommitted)> List()
    {
        Dictionary<string, (long? EmptySince, bool HasCommitted)> groups = new(StringComparer.Ordinal);
        lock (state.Gate)
        {
            foreach (GroupPartition key in state.KeysUnsynchronized)
            {
                (long? since, bool hasCommitted) = groups.GetValueOrDefault(key.Group);
                if (key.IsOffset)
                {
                    groups[key.Group] = (since, true);
                }
                else if (key.IsEmptySince && state.TryGetUnsynchronized(key, out OffsetValue noted))
                {
                    groups[key.Group] = (noted.Offset, hasCommitted);
                }
            }
        }

        return groups;
    }

    /// <summary>
    /// Notes that a group is in use: it is not empty any more. This cannot fail: if the note cannot be written, the
    /// group is taken for empty for longer than it was if the process dies.
    /// </summary>
    public void NoteUsed(string group)
    {
        GroupPartition key = GroupPartition.EmptySince(group);
        lock (state.Gate)
        {
            if (!state.TryGetUnsynchronized(key, out _))
            {
                return;
            }
        }

        state.ReadClock();
        lock (state.Gate)
        {
            try
            {
                state.RemoveUnsynchronized([key]);
            }
            catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
            {
                GroupsLog.UseNotNoted(loggerUnderLock, failure, group);
            }
        }
    }

    /// <summary>Notes that a group is empty. <see cref="OffsetStore.ReadClock"/> comes before.</summary>
    /// <param name="group">The group.</param>
    /// <param name="openTime">For how long the log was open.</param>
    /// <exception cref="DiskFullException">There is no space.</exception>
    public void NoteEmpty(string group, long openTime) => Note(GroupPartition.EmptySince(group), openTime);

    /// <summary>Notes for how long the log was open. <see cref="OffsetStore.ReadClock"/> comes before.</summary>
    /// <exception cref="DiskFullException">There is no space.</exception>
    public void NoteOpenTime(long openTime) => Note(GroupPartition.OpenTime, openTime);

    private void Note(GroupPartition key, long openTime)
    {
        lock (state.Gate)
        {
            state.SetUnsynchronized(key, new OffsetValue(openTime, Epoch: 0, state.Now, Metadata: null));
        }
    }
}
