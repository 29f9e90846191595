using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Serialization;
using EmbeddedLog.Topics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Opening;

/// <summary>
/// Opens a directory as a log: takes it, recovers its partitions, and makes this process the owner of record. After a
/// failure nothing stays open.
/// </summary>
internal sealed class LogOpening
{
    private readonly LogDirectory _directory;
    private readonly LogParts _parts;
    private readonly ForeignNames _foreign = new();
    private readonly PartitionFactory _factory;
    private readonly TopicSet _topics;
    private readonly SerdeResolver _serdes;
    private readonly long _began;
    private OffsetStore? _offsets;

    private LogOpening(LogDirectory directory, LogParts parts, SerdeResolver serdes)
    {
        _began = parts.Platform.Time.GetTimestamp();
        _directory = directory;
        _parts = parts;
        _serdes = serdes;
        _factory = new PartitionFactory(
            parts.Segments,
            parts.Waiters,
            new FlushQueue(parts.Platform, directory.Traits.MinFlushedTogether),
            parts.Background,
            directory.Control,
            parts.Watch,
            directory.State,
            _foreign,
            parts.Logger);
        _topics = new TopicSet(_factory, parts.Platform.Work, directory.Traits, serdes);
    }

    /// <summary>Opens a log on any platform; the options are valid and the caller's own.</summary>
    public static async ValueTask<OpenedLog> RunAsync(
        string directory,
        CommitLogOptions options,
        Platform platform,
        CancellationToken cancellationToken,
        WaitMode how = default)
    {
        // Before the directory is made.
        cancellationToken.ThrowIfCancellationRequested();

        // Here, and not under a lock: making the instruments calls those who listen.
        _ = Telemetry.Shared;
        string path = Path.GetFullPath(directory);
        SerdeResolver serdes = new(options.JsonContexts, options.JsonSerializerOptions);
        ILogger logger = GuardedLogger.Create(options.LoggerFactory, LogCategory.CommitLog);
        LogDirectory owned =
            await LogDirectory.OpenAsync(platform, path, options.OwnerTimeout, logger, cancellationToken, how: how)
                .ConfigureAwait(false);
        platform = owned.Platform;
        LogParts parts = LogParts.Create(platform, path, options.MaxOpenSegments, logger);
        if (owned.ControlFailure is { } failed)
        {
            StorageLog.NotFollowable(logger, failed, path);
        }

        LogOpening opening = new(owned, parts, serdes);
        try
        {
            if (options.Access == LogAccess.Group)
            {
                AccessGrant.Run(platform.Files, path);
            }

            return opening.Recover(cancellationToken);
        }
        catch (FileSystemException failure)
        {
            await opening.CloseAsync(how).ConfigureAwait(false);
            throw FileErrors.Translate(failure);
        }
        catch (CorruptLogException damage) when (owned.IsCopyOfOpenLog)
        {
            await opening.CloseAsync(how).ConfigureAwait(false);
            throw owned.Explain(damage);
        }
        catch
        {
            await opening.CloseAsync(how).ConfigureAwait(false);
            throw;
        }
    }

    private OpenedLog Recover(CancellationToken cancellationToken)
    {
        TopicStore store = new(_parts.Platform.Files, _directory.Path, _foreign);
        store.Prepare(isOnDisk: _directory.State.Clean);
        List<StoredTopic> topics = [.. store.Reader.Load()];
        ClosedTopics.Check(_parts.Platform.Files, _directory.Path, _directory.State, topics);
        if (!_directory.State.Clean)
        {
            store.RemoveHalfAdded(topics);
        }

        foreach (StoredTopic stored in topics)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _topics.Add(stored, _directory.Explain);
        }

        // After the topics and before any append: committed offsets beyond the surviving records are lowered here.
        _offsets = OffsetStore.Open(
            _factory, _parts.Segments, _parts.Logger, _directory.Path, _topics.Partitions);
        _directory.NoteForeign(_foreign);
        if (_directory.IsCopyOfOpenLog)
        {
            StorageLog.HotCopyOpened(_parts.Logger, _directory.Path);
        }

        _foreign.Tell(_parts.Logger, _directory.Path);

        // Before this process is the owner of record: what tells the damage now may tell nothing at the next opening.
        foreach (PartitionLog partition in _topics.Partitions)
        {
            partition.KeepDamage(_parts.Platform.Files);
        }

        _directory.MarkOpen();
        return new OpenedLog(_parts, _directory, store, _topics, _offsets, _serdes, Report(_offsets.Log));
    }

    private RecoveryReport Report(PartitionLog offsets)
    {
        RecoveryReport report = new(
            _directory.State.Clean,
            [.. _topics.Partitions.Select(partition => partition.Recovery), offsets.Recovery],
            _parts.Platform.Time.GetElapsedTime(_began));
        foreach (PartitionRecoveryReport damaged in report.Damaged)
        {
            StorageLog.PartitionDamaged(_parts.Logger, damaged.Failure!, damaged.Partition);
        }

        if (report.Clean)
        {
            StorageLog.Opened(
                _parts.Logger, _directory.Path, report.Duration, report.TopicPartitions.Count(), report.KeptRecords);
        }
        else
        {
            StorageLog.OpenedAndRecovered(
                _parts.Logger,
                _directory.Path,
                report.Duration,
                report.TopicPartitions.Count(),
                report.KeptRecords,
                report.CopiedRecords,
                report.TornBytes,
                report.RebuiltIndexes);
        }

        return report;
    }

    /// <summary>Closes everything that was opened so far. Failures of that are only logged.</summary>
    private async ValueTask CloseAsync(WaitMode how)
    {
        ClosingSteps steps = new();
        await steps.DoAsync(() => how.For(_parts.Background.StopAsync())).ConfigureAwait(false);
        await steps.DoAsync(async () => await _topics.CloseAsync(how).ConfigureAwait(false)).ConfigureAwait(false);
        if (_offsets is not null)
        {
            await steps.DoAsync(async () => await _offsets.CloseAsync(how).ConfigureAwait(false)).ConfigureAwait(false);
        }

        steps.Do(_directory.Dispose);
        foreach (Exception failure in steps.Take<Exception>())
        {
            StorageLog.NotGivenUp(_parts.Logger, failure, _directory.Path);
        }
    }
}
