namespace EmbeddedLog.Torture.User;

/// <summary>A partitioner in a mood; also returns partitions that do not exist.</summary>
internal sealed class MoodyPartitioner(Mood mood) : IPartitioner
{
    public int Partition(in PartitionerContext context)
    {
        mood.Play(40);
        return mood.Next(40) switch
        {
            0 => -1,
            1 => context.PartitionCount,
            int any => any % context.PartitionCount,
        };
    }
}
