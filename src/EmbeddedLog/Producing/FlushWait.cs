using System.Runtime.ExceptionServices;

namespace EmbeddedLog.Producing;

/// <summary>
/// Waits for the flushes of several partitions at once: all are asked for before the first is awaited.
/// </summary>
internal sealed class FlushWait
{
    private readonly List<(PartitionSender Sender, ValueTask Flush)> _started = [];

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
        ExceptionDispatchInfo? failed = null, cancelled = null;
        foreach ((PartitionSender sender, ValueTask flush) in _started)
        {
            try
            {
                await flush.ConfigureAwait(false);
            }
            catch (PartitionFailedException failure)
            {
                // One at a time: the others stay untold, and surface in the next call.
                if (failed is null && (sender.TryTell() || !untoldOnly))
                {
                    failed = ExceptionDispatchInfo.Capture(failure);
                }
            }
            catch (Exception failure)
                when (failure is OperationCanceledException or ObjectDisposedException or EmbeddedLogException)
            {
                cancelled ??= ExceptionDispatchInfo.Capture(failure);
            }
        }

        (failed ?? cancelled)?.Throw();
    }
}
