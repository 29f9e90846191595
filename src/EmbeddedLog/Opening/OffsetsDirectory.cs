using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Opening;

/// <summary>
/// The directory in which a process that only reads a log keeps what its groups commit. It is taken, marked and
/// recovered as a log's own, and holds nothing else. See FORMAT.md, "Offsets of a follower".
/// </summary>
internal sealed class OffsetsDirectory
{
    private readonly LogDirectory _directory;
    private readonly LogParts _parts;

    private OffsetsDirectory(LogDirectory directory, LogParts parts, OffsetStore offsets)
    {
        _directory = directory;
        _parts = parts;
        Offsets = offsets;
    }

    /// <summary>What is committed.</summary>
    public OffsetStore Offsets { get; }

    /// <summary>Calls tasks back later, until this is closed.</summary>
    public BackgroundSchedule Background => _parts.Background;

    /// <summary>Opens the directory, or makes it if it is missing or empty.</summary>
    /// <param name="options">Where it is, and how long to wait for it.</param>
    /// <param name="path">Its full path.</param>
    /// <param name="logUid">The log.</param>
    /// <param name="partitions">The partitions of all its topics.</param>
    /// <param name="platform">The system.</param>
    /// <param name="logger">Logs what was lost, and failures.</param>
    /// <param name="how">How to wait.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LogDirectoryException">It is something else, or of another log, or cannot be used.</exception>
    /// <exception cref="LogOwnedException">Another process or log uses it.</exception>
    /// <exception cref="EmbeddedLogException">What is in it cannot be opened.</exception>
    public static async ValueTask<OffsetsDirectory> OpenAsync(
        ReadOnlyLogOptions options,
        string path,
        ulong logUid,
        IEnumerable<ReadablePartition> partitions,
        Platform platform,
        ILogger logger,
        WaitMode how,
        CancellationToken cancellationToken)
    {
        LogDirectory directory = await LogDirectory.OpenAsync(
            platform,
            path,
            options.OffsetsOwnerTimeout,
            logger,
            cancellationToken,
            how: how,
            followedUid: logUid).ConfigureAwait(false);
        LogParts parts = LogParts.Create(directory.Platform, path, options.MaxOpenSegments, logger);
        try
        {
            return new OffsetsDirectory(directory, parts, Recover(directory, parts, partitions));
        }
        catch (Exception failure)
        {
            ClosingSteps steps = new();
            await steps.DoAsync(() => how.For(parts.Background.StopAsync())).ConfigureAwait(false);
            steps.Do(directory.Dispose);
            throw failure switch
            {
                FileSystemException cause => FileErrors.Translate(cause),
                CorruptLogException damage when directory.IsCopyOfOpenLog => directory.Explain(damage),
                _ => failure,
            };
        }
    }

    /// <summary>Flushes and closes everything, and marks the directory as closed.</summary>
    public async ValueTask CloseAsync(ClosingSteps steps, WaitMode how)
    {
        bool clean = false;
        ClosingSteps own = new();
        await own.DoAsync(() => how.For(_parts.Background.StopAsync())).ConfigureAwait(false);
        await own.DoAsync(async () => clean = await Offsets.CloseAsync(how).ConfigureAwait(false))
            .ConfigureAwait(false);
        if (clean && !own.HasFailed)
        {
            own.Do(() => _directory.MarkClean([OffsetStore.Closed], [Offsets.Log.DescribeClosed()]));
        }

        own.Do(_directory.Dispose);
        foreach (FileSystemException failure in own.Take<FileSystemException>())
        {
            // As for a log: what was flushed is on the disk, and the next opening verifies the rest.
            StorageLog.NotMarkedClean(_parts.Logger, failure, _directory.Path);
        }

        steps.Do(own.ThrowIfAny);
    }

    private static OffsetStore Recover(
        LogDirectory directory, LogParts parts, IEnumerable<ReadablePartition> partitions)
    {
        ForeignNames foreign = new();
        PartitionFactory factory = new(
            parts.Segments,
            parts.Waiters,
            new FlushQueue(parts.Platform, directory.Traits.MinFlushedTogether),
            parts.Background,
            ControlFile.None,
            parts.Watch,
            directory.State,
            foreign,
            parts.Logger);
        OffsetStore offsets = OffsetStore.Open(factory, parts.Segments, parts.Logger, directory.Path, partitions);
        try
        {
            directory.NoteForeign(foreign);
            if (directory.IsCopyOfOpenLog)
            {
                StorageLog.HotCopyOpened(parts.Logger, directory.Path);
            }

            foreign.Tell(parts.Logger, directory.Path);
            directory.MarkOpen();
            return offsets;
        }
        catch
        {
            offsets.Abandon();
            throw;
        }
    }
}
