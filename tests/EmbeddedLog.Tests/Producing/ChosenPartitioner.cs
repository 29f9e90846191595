
namespace EmbeddedLog.Tests.Producing;

/// <summary>A partitioner that does as it is told, and remembers what it was asked.</summary>
internal sealed class ChosenPartitioner : IPartitioner
{
    public int Partition { get; set; }

    public Exception? Failure { get; set; }

    public int Calls { get; private set; }

    public string? Topic { get; private set; }

    public int Count { get; private set; }

    public string? Key { get; private set; }

    public bool HasKey { get; private set; }

    public int Bytes { get; private set; }

    int IPartitioner.Partition(in PartitionerContext context)
    {
        Calls++;
        Topic = context.Topic;
        Count = context.PartitionCount;
        Key = System.Text.Encoding.UTF8.GetString(context.Key);
        HasKey = context.HasKey;
        Bytes = context.RecordBytes;
        return Failure is null ? Partition : throw Failure;
    }
}
