using System.Runtime.ExceptionServices;

namespace EmbeddedLog.Producing;

/// <summary>
/// Waits for the flushes of several partitions at once: all are asked for before the first is awaited.
/// </summary>
internal sealed class FlushWait
{
    private readonly List<(PartitionSender Sender, ValueTask Flush)> _started = [];

    /// <summary>What the first flush that counts has failed with, and what ended the waiting for another.</summary>
    private ExceptionDispatchInfo? _failed, _cancelled;

    /// <summary>Adds a flush that was asked for.</summary>
    public void Add(PartitionSender sender, ValueTask flush)
    {
        if (!flush.IsCompletedSuccessfully)
        {
            _started.Add((sender, flush));
        }
        else
        {
            // What was waited with goes back to its pool.
            flush.GetAwaiter().GetResult();
        }
    }

    /// <summary>Waits for all, also when some fail; then throws a failure that it marks as told.</summary>
    /// <param name="untoldOnly">Whether failures that somebody was told of before are passed over.</param>
    public async ValueTask WaitAsync(bool untoldOnly)
    {
        foreach ((PartitionSender sender, ValueTask flush) in _started)
        {
            try
            {
                await flush.ConfigureAwait(false);
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                Note(sender, failure, untoldOnly);
            }
        }

        ThrowIfFailed();
    }

    /// <summary>Runs one flush, on which the thread blocks, and keeps how it failed.</summary>
    public void Run(PartitionSender sender, Action<PartitionSender> flush, bool untoldOnly)
    {
        try
        {
            flush(sender);
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            Note(sender, failure, untoldOnly);
        }
    }

    /// <summary>Throws the failure that counts, if there was any.</summary>
    public void ThrowIfFailed() => (_failed ?? _cancelled)?.Throw();

    private static bool IsExpected(Exception failure) =>
        failure is OperationCanceledException or ObjectDisposedException or EmbeddedLogException;

    private void Note(PartitionSender sender, Exception failure, bool untoldOnly)
    {
        if (failure is not PartitionFailedException)
        {
            _cancelled ??= ExceptionDispatchInfo.Capture(failure);
        }
        else if (_failed is null && (sender.TryTell() || !untoldOnly))
        {
            // One at a time: the others stay untold, and surface in the next call.
            _failed = ExceptionDispatchInfo.Capture(failure);
        }
    }
}
