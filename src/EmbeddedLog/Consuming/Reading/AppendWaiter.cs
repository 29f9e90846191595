using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Wakes a reader when one partition has a record for it, or enough of them. It is armed by the reader and stays so
/// until it is released, whatever else wakes the reader in between. While it is armed its target does not change.
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

    /// <summary>Whether it is on the list of flushes. Only for the reader.</summary>
    private bool _isForFlush;

    /// <summary>Whether it is on the partition's list, and will be released.</summary>
    public bool IsArmed => Volatile.Read(ref _armed) != 0;

    /// <summary>Whether it is armed for an end.</summary>
    public bool Awaits(long end) => IsArmed && (Target == end || Target == long.MaxValue);

    /// <summary>
    /// Puts it on the list of a partition; it may be released before this returns. Only by the reader.
    /// </summary>
    /// <param name="log">The partition.</param>
    /// <param name="end">The end that is waited for.</param>
    /// <param name="level">Which end that is.</param>
    public void Arm(ReadablePartition log, long end, Durability level)
    {
        // Where no flush will come any more, only the closing is waited for.
        bool hasEnded = level == Durability.Flushed && log.HaveFlushesEnded;
        Target = hasEnded ? long.MaxValue : end;
        Volatile.Write(ref _armed, 1);
        _isForFlush = level == Durability.Flushed && !hasEnded;
        if (_isForFlush)
        {
            log.AddFlushWaiter(this);
        }
        else
        {
            log.AddAppendWaiter(this);
        }
    }

    /// <summary>Takes it off that list. It may be in the hands of somebody who releases. Only by the reader.</summary>
    public void Disarm(ReadablePartition log)
    {
        if (_isForFlush)
        {
            log.RemoveFlushWaiter(this);
        }
        else
        {
            log.RemoveAppendWaiter(this);
        }
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
