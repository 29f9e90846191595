using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Maintenance.Salvaging;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Topics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Opening;

/// <summary>Takes a log's directory for the salvage of a partition, and opens nothing else.</summary>
internal static class SalvageOpening
{
    /// <summary>Salvages a partition on any platform; the options are valid and the caller's own.</summary>
    public static async ValueTask<SalvageReport> RunAsync(
        string directory,
        TopicPartition partition,
        SalvageOptions options,
        Platform platform,
        CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(directory);
        ILogger logger = GuardedLogger.Create(options.LoggerFactory, LogCategory.CommitLog);
        using LogDirectory owned = await LogDirectory.OpenAsync(
            platform, path, options.OwnerTimeout, logger, cancellationToken, forRepair: true).ConfigureAwait(false);
        platform = owned.Platform;
        SegmentResources segments = new(
            platform, new ReaderEpochs(), new OpenSegments(1), new QueuedLogger(logger, platform.Work));
        try
        {
            return Salvage.Run(
                segments, owned.State, logger, owned, Find(platform.Files, path, partition), cancellationToken);
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, partition);
        }
    }

    private static PartitionIdentity Find(FileSystem files, string path, TopicPartition partition)
    {
        if (partition == new TopicPartition(OffsetStore.TopicName, 0))
        {
            return new PartitionIdentity(
                partition, OffsetStore.TopicUid, Path.Combine(path, OffsetStore.DirectoryName));
        }

        List<StoredTopic> topics = new TopicReader(files, path).LoadReadable();
        StoredTopic topic = topics.Find(each => each.Name == partition.Topic)
            ?? throw TopicErrors.Unknown(
                partition.Topic,
                [.. topics.Select(each => each.Name)],
                "If its description is damaged, restore that first: a salvage needs it.");
        ArgumentOutOfRangeException.ThrowIfNegative(partition.Partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition.Partition, topic.Options.Partitions);
        return new PartitionIdentity(
            partition, topic.Uid, TopicStore.PartitionDirectory(topic.Directory, partition.Partition));
    }
}
