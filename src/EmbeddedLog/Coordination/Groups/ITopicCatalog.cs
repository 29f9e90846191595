using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>The topics that groups can read, as of now. Safe to call from any thread, also under a lock.</summary>
internal interface ITopicCatalog
{
    /// <summary>The names of all topics, in ordinal order.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>The partitions of a topic by number, or null if there is no such topic.</summary>
    IReadOnlyList<ReadablePartition>? Find(string topic);
}
