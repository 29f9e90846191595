using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Wakes a reader when one partition has a record for it. It is armed by the reader and stays so until it is released,
/// whatever else wakes the reader in between. While it is armed its target does not change.
/// </summary>
/// <param name="signal">What wakes the reader.</param>
/// <param name="inline">Whether the reader goes on on the stack of whoever releases.</param>
internal sealed class AppendWaiter(WakeSignal signal, bool inline) : OffsetWaiter
{
    /// <summary>One while it is on the partition's list. Set by the reader, reset by whoever releases.</summary>
    private int _armed;

    /// <summary>
    /// One while a reader that was taken over waits to be resumed. Set by whoever released; whoever exchanges it
    /// resumes, for as soon as the reader runs, the waiter may be armed and released again by another thread.
    /// </summary>
    private int _taken;

    /// <summary>Whether it is on the partition's list, and will be released.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>
    /// Puts it on the list of a partition; it may be released before this returns. Only by the reader.
    /// </summary>
    public void Arm(ReadablePartition log, long end)
    {
        Target = end;
        Volatile.Write(ref _armed, 1);
        log.AddAppendWaiter(this);
    }

    /// <inheritdoc/>
    public override void Release(Exception? failure)
    {
        Volatile.Write(ref _armed, 0);
        if (!inline || failure is not null)
        {
            // Who looks finds a partition that was closed, and is told why by that.
            signal.Wake();
        }
        else if (signal.TryTakeReader())
        {
            Volatile.Write(ref _taken, 1);
        }
    }

    /// <inheritdoc/>
    public override void Resume()
    {
        if (inline && Interlocked.Exchange(ref _taken, 0) != 0)
        {
            signal.Resume();
        }
    }
}
