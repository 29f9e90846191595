using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Partitions;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.State;

/// <summary>
/// Keeps the partition of a state small: when it has rolled and most of it is history, all present values are appended
/// again and flushed, and everything before is removed. A crash at any point leaves the history, the copies, or both;
/// the last record of a key counts in each case.
/// </summary>
internal sealed class StateCompaction : IThreadPoolWorkItem
{
    private readonly PartitionLog _log;
    private readonly Func<long> _appendSnapshot;
    private readonly Action<ILogger, Exception> _tellFailure;
    private readonly ILogger _logger;
    private readonly AssuredWork _work;
    private readonly Lock _gate = new();

    /// <summary>Completed when the compaction under way is over; null while there is none. Under the gate.</summary>
    private TaskCompletionSource? _running;

    /// <summary>Under the gate.</summary>
    private bool _stopped;

    /// <summary>
    /// No compaction begins below this end, so that a failed one is not tried again with every change. Written by the
    /// compaction under way, read by every change.
    /// </summary>
    private long _notBefore;

    /// <param name="log">The partition.</param>
    /// <param name="work">Runs it.</param>
    /// <param name="appendSnapshot">Appends all present values; returns their first offset.</param>
    /// <param name="tellFailure">Logs a failure.</param>
    /// <param name="logger">The logger for that.</param>
    public StateCompaction(
        PartitionLog log,
        WorkQueue work,
        Func<long> appendSnapshot,
        Action<ILogger, Exception> tellFailure,
        ILogger logger)
    {
        _log = log;
        _appendSnapshot = appendSnapshot;
        _tellFailure = tellFailure;
        _logger = logger;
        _work = new AssuredWork(work, this);
    }

    /// <summary>Begins a compaction on the work queue if one is due.</summary>
    /// <param name="live">The number of present values.</param>
    public void StartIfDue(int live)
    {
        long end = _log.PublishedEnd;
        if (_log.Segments.Count < 2 || end - _log.StartOffset < 2L * live || end < Volatile.Read(ref _notBefore))
        {
            return;
        }

        lock (_gate)
        {
            if (_running is not null || _stopped)
            {
                return;
            }

            _running = new TaskCompletionSource();
        }

        _work.Queue();
    }

    /// <summary>Begins no more compactions; completes when the one under way is over.</summary>
    public Task StopAsync()
    {
        Task over;
        lock (_gate)
        {
            _stopped = true;
            over = _running?.Task ?? Task.CompletedTask;
        }

        if (_work.TryBegin())
        {
            // Not essential: without it the next opening has a little more to read.
            End();
        }

        return over;
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            long first = _appendSnapshot();
            long end = _log.PublishedEnd;
            Volatile.Write(ref _notBefore, end + (end - first));

            // The history is removed only when the copies are on the disk.
            await _log.FlushAssuredAsync(end, CancellationToken.None).ConfigureAwait(false);
            _log.DeleteBefore(first);
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
        {
            _tellFailure(_logger, failure);
            Volatile.Write(ref _notBefore, _log.PublishedEnd + RetryAfterRecords);
        }
        finally
        {
            End();
        }
    }

    /// <summary>How many changes must follow a failed compaction before the next try.</summary>
    private const int RetryAfterRecords = 1000;

    private void End()
    {
        TaskCompletionSource ended;
        lock (_gate)
        {
            ended = _running!;
            _running = null;
        }

        ended.SetResult();
    }
}
