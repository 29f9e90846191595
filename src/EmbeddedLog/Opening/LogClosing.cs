using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.IO;

namespace EmbeddedLog.Opening;

/// <summary>
/// Closes a log, once, in an order in which nothing is used after it was closed: consumers, producers, background work,
/// partitions, committed offsets, the clean mark, and last the directory with its maps and its lock.
/// </summary>
internal sealed class LogClosing
{
    private readonly OpenedLog _log;
    private readonly LogParts _parts;
    private readonly ChangeLock _changing;
    private readonly LogUsers _users;
    private readonly GroupCoordinator _groups;
    private readonly LogUpkeep _upkeep;
    private readonly LogFigures _figures;

    /// <summary>Completed at the end, without a failure: the first caller gets that.</summary>
    private readonly TaskCompletionSource _over = new();

    public LogClosing(
        OpenedLog log,
        ChangeLock changing,
        LogUsers users,
        GroupCoordinator groups,
        LogUpkeep upkeep,
        LogFigures figures)
    {
        _figures = figures;
        _groups = groups;
        _log = log;
        _parts = log.Parts;
        _changing = changing;
        _users = users;
        _upkeep = upkeep;
    }

    /// <summary>Closes the log; where that was begun before, waits for the end of it.</summary>
    public ValueTask RunAsync(WaitMode how)
    {
        if (!GuardedLogger.IsCalling)
        {
            return CloseAsync(how);
        }

        // The closing would wait for the code that called the logger, and that code for the logger.
        _ = CloseUnwatchedAsync();
        return ValueTask.CompletedTask;
    }

    private async Task CloseUnwatchedAsync()
    {
        try
        {
            await CloseAsync(how: default).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // There is nobody else to tell.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            StorageLog.NotMarkedClean(_parts.Logger, failure, _log.Directory.Path);
        }
    }

    private async ValueTask CloseAsync(WaitMode how)
    {
        if (!await _changing.CloseAsync(how).ConfigureAwait(false))
        {
            await how.For(_over.Task).ConfigureAwait(false);
            return;
        }

        _figures.End();
        ClosingSteps steps = new();
        try
        {
            await TakeStepsAsync(steps, how).ConfigureAwait(false);
        }
        finally
        {
            _over.SetResult();
        }

        steps.ThrowIfAny();
    }

    private async ValueTask TakeStepsAsync(ClosingSteps steps, WaitMode how)
    {
        await _users.DisposeAsync(steps, how).ConfigureAwait(false);
        steps.Do(_groups.Dispose);
        bool clean = false;
        ClosingSteps own = new();
        await own.DoAsync(() => how.For(_parts.Background.StopAsync())).ConfigureAwait(false);
        await _upkeep.StopAsync(own, how).ConfigureAwait(false);
        await own.DoAsync(async () => clean = await _log.Topics.CloseAsync(how).ConfigureAwait(false))
            .ConfigureAwait(false);
        await own.DoAsync(async () => clean &= await _log.Offsets.CloseAsync(how).ConfigureAwait(false))
            .ConfigureAwait(false);
        own.Do(() => clean &= _log.Store.TryRemoveLeftovers());
        if (clean && !own.HasFailed)
        {
            own.Do(() => _log.Directory.MarkClean(
                _log.Topics.DescribeClosed(OffsetStore.Closed),
                _log.Topics.Partitions.Append(_log.Offsets.Log).Select(partition => partition.DescribeClosed())));
        }

        own.Do(_log.Directory.MarkClosed);
        own.Do(_log.Directory.Dispose);
        foreach (FileSystemException failure in own.Take<FileSystemException>())
        {
            // Everything acknowledged is on the disk. Only the mark is missing, and the next opening verifies the log.
            StorageLog.NotMarkedClean(_parts.Logger, failure, _log.Directory.Path);
        }

        steps.Do(own.ThrowIfAny);
    }
}
