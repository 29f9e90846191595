using System.Runtime.ExceptionServices;

namespace EmbeddedLog.Producing;

/// <summary>
/// Waits for the flushes of several partitions at once: all are requested before the first is awaited.
/// </summary>
internal sealed class FlushWait
{
    private readonly List<(PartitionSender Sender, ValueTask Flush)> _started = [];

    /// <summary>The failure of the first flush that counts, and the cancellation of the waiting for another.</summary>
    private ExceptionDispatchInfo? _failed, _cancelled;

    /// <summary>Adds a requested flush.</summary>
    public void Add(PartitionSender sender, ValueTask flush)
    {
        if (!flush.IsCompletedSuccessfully)
        {
            _started.Add((sender, flush));
        }
        else
        {
            // The waiter returns to its pool.
            flush.GetAwaiter().GetResult();
        }
    }

    /// <summary>Waits for all, also when some fail; then throws one failure and marks it as reported.</summary>
    /// <param name="untoldOnly">Whether failures already reported are ignored.</param>
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

    /// <summary>Runs one flush, blocking the thread, and keeps its failure.</summary>
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

    /// <summary>Throws the failure that counts, if any.</summary>
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
            // One at a time: the next call throws the others.
            _failed = ExceptionDispatchInfo.Capture(failure);
        }
    }
}
