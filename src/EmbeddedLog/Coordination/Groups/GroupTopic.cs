using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>One topic of a group: who has which partition, and who is to have it. Under the group's gate.</summary>
internal sealed class GroupTopic
{
    public GroupTopic(IReadOnlyList<ReadablePartition> partitions)
    {
        Partitions = partitions;
        Targets = new GroupMember?[partitions.Count];
        Holds = new PartitionHold?[partitions.Count];
        Epochs = new int[partitions.Count];
    }

    /// <summary>The partitions by number; they grow, and are never replaced.</summary>
    public IReadOnlyList<ReadablePartition> Partitions { get; private set; }

    /// <summary>By number: who is to have it; null for nobody.</summary>
    public GroupMember?[] Targets { get; private set; }

    /// <summary>By number: who has it; null for nobody.</summary>
    public PartitionHold?[] Holds { get; private set; }

    /// <summary>By number: the epoch of the last assignment.</summary>
    public int[] Epochs { get; private set; }

    /// <summary>Whether the topic was deleted. Then nothing moves any more: its holders are told by reads.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Whether these are partitions of the same topic, not of another one with its name.</summary>
    public bool IsSame(IReadOnlyList<ReadablePartition> partitions) => partitions[0] == Partitions[0];

    /// <summary>Takes up partitions that were added.</summary>
    public void Grow(IReadOnlyList<ReadablePartition> partitions)
    {
        if (partitions.Count > Partitions.Count)
        {
            Partitions = partitions;
            Targets = Grown(Targets, partitions.Count);
            Holds = Grown(Holds, partitions.Count);
            Epochs = Grown(Epochs, partitions.Count);
        }
    }

    /// <summary>Has nothing in mind for a member any more.</summary>
    public void Forget(GroupMember member)
    {
        for (int i = 0; i < Targets.Length; i++)
        {
            Targets[i] = Targets[i] == member ? null : Targets[i];
        }
    }

    private static T[] Grown<T>(T[] array, int length)
    {
        Array.Resize(ref array, length);
        return array;
    }
}
