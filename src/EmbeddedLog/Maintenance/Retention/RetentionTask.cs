using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Maintenance.Retention;

/// <summary>Applies the retention of all partitions: soon after an opening, and then at each interval.</summary>
/// <remarks>
/// A round begins one interval after the beginning of the last one. Counted from a round's end it would be late by the
/// clock's progress during the round, and a test moves its clock in one step.
/// </remarks>
internal sealed class RetentionTask : IBackgroundTask, IDisposable
{
    private readonly SegmentResources _segments;
    private readonly TimeProvider _time;
    private readonly BackgroundSchedule _background;
    private readonly DirectoryWatch? _watch;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;
    private readonly Func<IEnumerable<PartitionLog>> _partitions;
    private readonly PartitionLog _offsets;
    private readonly Action _removeUnused;
    private readonly BackgroundRounds _rounds = new();

    /// <param name="segments">The objects that all segments share.</param>
    /// <param name="background">Calls this at each interval.</param>
    /// <param name="watch">Watches the log's directory; or null.</param>
    /// <param name="logger">Logs removals and failures.</param>
    /// <param name="interval">The time from round to round.</param>
    /// <param name="partitions">The partitions of all topics as of now.</param>
    /// <param name="offsets">The log's own partition.</param>
    /// <param name="removeUnused">Removes the files of deleted topics that were in use.</param>
    public RetentionTask(
        SegmentResources segments,
        BackgroundSchedule background,
        DirectoryWatch? watch,
        ILogger logger,
        TimeSpan interval,
        Func<IEnumerable<PartitionLog>> partitions,
        PartitionLog offsets,
        Action removeUnused)
    {
        _removeUnused = removeUnused;
        _offsets = offsets;
        _segments = segments;
        _time = segments.Platform.Time;
        _background = background;
        _watch = watch;
        _logger = logger;
        _interval = interval;
        _partitions = partitions;
    }

    /// <summary>
    /// Begins the first round on another thread: at once, because a process may live shorter than an interval, or after
    /// one.
    /// </summary>
    public void Start(bool atOnce) => _background.Schedule(this, atOnce ? TimeSpan.Zero : _interval);

    /// <inheritdoc/>
    public void RunInBackground() => _rounds.Begin(RunAsync);

    /// <summary>Applies the retention that is due now to all partitions, and completes when that is done.</summary>
    /// <exception cref="PartitionFailedException">A partition failed; the others were done.</exception>
    /// <exception cref="LogIOException">The file system failed; the other partitions were done.</exception>
    public async ValueTask ApplyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Exception? first = null;
        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (PartitionLog partition in _partitions())
        {
            Exception? failure = await TryApplyAsync(partition, now, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            first ??= failure;
        }

        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first is IO.FileSystemException cause ? FileErrors.Translate(cause) : first);
        }
    }

    /// <summary>Begins no more rounds, and waits until the one under way is over.</summary>
    public ValueTask StopAsync(WaitMode how) => _rounds.StopAsync(how);

    /// <inheritdoc/>
    public void Dispose() => _rounds.Dispose();

    private async Task RunAsync()
    {
        // Read before the time of the round, so that the next round is not late.
        long began = _time.GetTimestamp();
        CancellationToken stopping = _rounds.Stopping;
        if (_time is GuardedTime time && time.TakeFailure() is { } broken)
        {
            MaintenanceLog.ClockFailed(_logger, broken);
        }

        long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (PartitionLog partition in _partitions())
        {
            Exception? failure = await TryApplyAsync(partition, now, stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            if (failure is not null)
            {
                // What could not be removed now is looked at again next time; the log itself goes on.
                MaintenanceLog.RetentionFailed(_logger, failure, partition.Id);
            }
        }

        _removeUnused();
        _offsets.TendFiles();
        if (_watch?.TakeMoved() == true)
        {
            MaintenanceLog.DirectoryMoved(_logger);
        }

        Pins.Warn(_segments, _logger);
        _background.ScheduleAt(this, _background.After(began, _interval));
    }

    private static async ValueTask<Exception?> TryApplyAsync(
        PartitionLog log, long now, CancellationToken cancellationToken)
    {
        if (log.IsDamaged)
        {
            // Nothing is known of its records, and a salvage needs all of its files.
            return null;
        }

        try
        {
            log.TendFiles();
            await RetentionRules.ApplyAsync(log, now, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failure) when (failure is ObjectDisposedException or UnknownTopicException && log.IsClosed)
        {
            // It was closed or deleted meanwhile.
            return null;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
        {
            return failure;
        }
    }
}
