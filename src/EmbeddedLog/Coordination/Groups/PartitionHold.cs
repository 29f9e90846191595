using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>
/// One partition in the hands of one member, from the assignment to the release or the loss: what a commit must show.
/// </summary>
/// <param name="member">The member.</param>
/// <param name="partition">The partition.</param>
/// <param name="epoch">The assignment epoch: it grows with each assignment of the partition, from 1.</param>
internal sealed class PartitionHold(GroupMember member, ReadablePartition partition, int epoch)
{
    /// <summary>
    /// Written once, under the gate of the committed offsets, so that no commit comes after it; read by anyone.
    /// </summary>
    private bool _isOver;

    /// <summary>The member.</summary>
    public GroupMember Member { get; } = member;

    /// <summary>The partition.</summary>
    public ReadablePartition Partition { get; } = partition;

    /// <summary>The assignment epoch.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>Whether the member has the partition no longer.</summary>
    public bool IsOver => Volatile.Read(ref _isOver);

    /// <summary>Ends it. Only under the gate of the committed offsets, if the group commits.</summary>
    public void End() => Volatile.Write(ref _isOver, true);
}
