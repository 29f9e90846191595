using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Topics;

namespace EmbeddedLog.Backup;

/// <summary>
/// Copies a log while it is used, as a cleanly closed log. The session, which makes the copy a log, is written last:
/// until then no process opens it. GUARANTEES.md, "Backups", has the promises.
/// </summary>
/// <remarks>
/// Committed offsets are copied first. Each of them was below the published end at its commit, and each topic is copied
/// up to an end that is read later. So no committed offset is beyond the end of the copy.
/// </remarks>
internal sealed class LogBackup
{
    /// <summary>How often the committed offsets are copied anew after a compaction.</summary>
    private const int MaxAttempts = 10;

    private readonly Platform _platform;
    private readonly LogDirectory _source;
    private readonly BackupOptions _options;
    private readonly IProgress<BackupProgress>? _progress;
    private readonly List<ClosedTopic> _topics = [];
    private readonly List<ClosedPartition> _partitions = [];

    /// <param name="platform">The seam.</param>
    /// <param name="source">The log's directory.</param>
    /// <param name="options">A private copy.</param>
    /// <param name="progress">Gets reports now and then; or null.</param>
    public LogBackup(
        Platform platform, LogDirectory source, BackupOptions options, IProgress<BackupProgress>? progress)
    {
        _platform = platform;
        _source = source;
        _options = options;
        _progress = progress;
    }

    /// <summary>Makes the backup. Call it once.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="offsets">The committed offsets.</param>
    /// <param name="topics">The topics as of each call.</param>
    /// <param name="cancellation">Ends it.</param>
    public async ValueTask<BackupReport> RunAsync(
        string directory,
        PartitionLog offsets,
        Func<IReadOnlyList<Topic>> topics,
        CancellationToken cancellation)
    {
        long began = _platform.Time.GetTimestamp();
        cancellation.ThrowIfCancellationRequested();
        ThrowIfDamaged(topics());
        long total = offsets.SizeBytes
            + topics().Sum(topic => topic.Partitions.Sum(partition => partition.SizeBytes));
        string path = Path.GetFullPath(directory);
        try
        {
            using BackupTarget target = BackupTarget.Take(_platform.Files, _source.Path, path);
            SegmentCopier copier = new(_platform.Files, _options.ShareSegments, total, _progress, cancellation);
            long records = await CopyAsync(path, copier, offsets, topics, cancellation).ConfigureAwait(false);
            target.Complete();
            return new BackupReport(
                path,
                _topics.Count - 1,
                _partitions.Count - 1,
                records,
                copier.CopiedBytes,
                copier.SharedBytes,
                _platform.Time.GetElapsedTime(began));
        }
        catch (FileSystemException failure)
        {
            throw BackupTarget.Failed(path, failure);
        }
    }

    /// <summary>A backup without a partition would pass for a whole one when it is needed.</summary>
    private void ThrowIfDamaged(IReadOnlyList<Topic> topics)
    {
        OwnedPartition? damaged = topics.SelectMany(topic => topic.Partitions)
            .FirstOrDefault(partition => partition.Log.IsDamaged);
        if (damaged?.Log.DamageError() is CorruptLogException damage)
        {
            throw new CorruptLogException(
                $"'{_source.Path}' cannot be backed up while partition {damage.Topic}-{damage.Partition} is damaged. "
                + "Nothing was made. Close the log and salvage that partition first; the directory of the closed log "
                + $"can be copied with any tool. The damage: {damage.Message}",
                damage)
            {
                Topic = damage.Topic,
                Partition = damage.Partition,
                Offset = damage.Offset,
                File = damage.File,
                Position = damage.Position,
                Expected = damage.Expected,
                Actual = damage.Actual,
            };
        }
    }

    private async ValueTask<long> CopyAsync(
        string path,
        SegmentCopier copier,
        PartitionLog offsets,
        Func<IReadOnlyList<Topic>> topics,
        CancellationToken cancellation)
    {
        string groups = Path.Combine(path, OffsetStore.DirectoryName);
        await CopyOffsetsAsync(groups, copier, offsets, cancellation).ConfigureAwait(false);
        TopicStore store = new(_platform.Files, path);
        store.Prepare(isOnDisk: true);
        long records = 0;
        foreach (Topic topic in topics())
        {
            records += await CopyTopicAsync(store, copier, topic, cancellation).ConfigureAwait(false);
        }

        _platform.Files.SyncDirectory(Path.Combine(path, TopicStore.DirectoryName));
        cancellation.ThrowIfCancellationRequested();
        _source.CloseCopy(path, _topics, _partitions);
        return records;
    }

    /// <summary>
    /// A compaction appends the current values again and removes the history. A copy that has missed a part of them
    /// lacks offsets, so it is made anew.
    /// </summary>
    private async ValueTask CopyOffsetsAsync(
        string directory, SegmentCopier copier, PartitionLog offsets, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            _platform.Files.CreateDirectory(directory);
            PartitionBackup copy = new(offsets, directory, copier, _platform);
            ClosedPartition closed = await copy.RunAsync(cancellation).ConfigureAwait(false);
            if (!copy.HasLost)
            {
                _topics.Add(OffsetStore.Closed);
                _partitions.Add(closed);
                return;
            }

            if (attempt == MaxAttempts)
            {
                throw new LogIOException(
                    $"The committed offsets were compacted {MaxAttempts} times while they were copied to "
                    + $"'{directory}'. What was made of the backup was removed. Try again when groups commit less.");
            }

            BackupTarget.DeleteTree(_platform.Files, directory);
        }
    }

    private async ValueTask<long> CopyTopicAsync(
        TopicStore store, SegmentCopier copier, Topic topic, CancellationToken cancellation)
    {
        int before = _partitions.Count;
        Topic.State now = topic.Current;
        StoredTopic copy = store.MakeCopy(now.Stored);
        try
        {
            long records = 0;
            for (int i = 0; i < now.Partitions.Length; i++)
            {
                PartitionBackup partition = new(
                    now.Partitions[i].Log, TopicStore.PartitionDirectory(copy.Directory, i), copier, _platform);
                _partitions.Add(await partition.RunAsync(cancellation).ConfigureAwait(false));
                records += partition.Records;
            }

            _topics.Add(ClosedTopics.Describe(copy));
            return records;
        }
        catch (UnknownTopicException)
        {
            // It was deleted meanwhile.
            _partitions.RemoveRange(before, _partitions.Count - before);
            BackupTarget.DeleteTree(_platform.Files, copy.Directory);
            return 0;
        }
    }
}
