using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Sees to it that a reader that waits is woken: by the append of a record for it, or when the next attempt to read a
/// partition in trouble is due. Only for the reader.
/// </summary>
internal sealed class ReadWaiters
{
    private readonly PositionSet _positions;
    private readonly WakeSignal _signal;
    private readonly TimeProvider _time;
    private readonly bool _inline;

    /// <summary>The partitions for which there are waiters.</summary>
    private AssignedPartitions _assigned;

    /// <summary>By slot among those; null before the first.</summary>
    private AppendWaiter?[] _waiters = [];

    /// <summary>Wakes for the next attempt; null before there is any.</summary>
    private ITimer? _retry;

    public ReadWaiters(PositionSet positions, WakeSignal signal, TimeProvider time, bool inline)
    {
        _positions = positions;
        _signal = signal;
        _time = time;
        _inline = inline;
        _assigned = positions.Assigned;
        _waiters = new AppendWaiter?[_assigned.Cursors.Length];
    }

    /// <summary>
    /// Sees to it that the signal is set when any partition that is not paused has a record, or enough of them for a
    /// batch that waits for more, or at a time stamp.
    /// </summary>
    public void Arm(long? retryAt, BatchLimits? batch)
    {
        Follow(_positions.Assigned);
        for (int i = 0; i < _waiters.Length; i++)
        {
            PartitionCursor cursor = _assigned.Cursors[i];
            long position;
            int missing = 1;
            lock (_positions.Gate)
            {
                position = cursor.IsPaused || cursor.Trouble is not null ? -1 : cursor.ReadFrom;
                if (batch is not null && cursor.Filling.IsAt(position))
                {
                    missing = batch.MaxRecords;
                }
            }

            // A position that was left open since somebody looked has set the signal, so that the caller looks again.
            // What cannot be read is there already: it is waited for by the clock.
            if (position >= 0)
            {
                Arm(ref _waiters[i], cursor.Log, position + missing);
            }
        }

        if (retryAt is { } due)
        {
            ArmRetry(due);
        }
    }

    /// <summary>Nobody waits any more.</summary>
    public void Release()
    {
        _retry?.Dispose();
        Follow(new AssignedPartitions([]));
    }

    /// <summary>Goes on with other partitions: the waiters of those that stay are kept, the others removed.</summary>
    private void Follow(AssignedPartitions assigned)
    {
        if (assigned == _assigned)
        {
            return;
        }

        Dictionary<PartitionCursor, AppendWaiter> waiters = [];
        for (int i = 0; i < _waiters.Length; i++)
        {
            if (_waiters[i] is { } waiter)
            {
                waiters.Add(_assigned.Cursors[i], waiter);
            }
        }

        _assigned = assigned;
        _waiters = new AppendWaiter?[assigned.Cursors.Length];
        for (int i = 0; i < _waiters.Length; i++)
        {
            waiters.Remove(assigned.Cursors[i], out _waiters[i]);
        }

        foreach ((PartitionCursor cursor, AppendWaiter waiter) in waiters)
        {
            if (waiter.IsArmed)
            {
                waiter.Disarm(cursor.Log);
            }
        }
    }

    private void ArmRetry(long due)
    {
        _retry ??= _time.CreateTimer(
            static state => ((WakeSignal)state!).Wake(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        double left = (due - _time.GetTimestamp()) * 1000.0 / _time.TimestampFrequency;
        _retry.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left))), Timeout.InfiniteTimeSpan);
    }

    private void Arm(ref AppendWaiter? waiter, ReadablePartition log, long end)
    {
        if (waiter is { IsArmed: true })
        {
            if (waiter.Awaits(end))
            {
                return;
            }

            // After a seek. It may be in the hands of somebody who releases, so that it is not used again.
            waiter.Disarm(log);
            waiter = null;
        }

        waiter ??= new AppendWaiter(_signal, _inline);
        try
        {
            waiter.Arm(log, end, _positions.Level);
        }
        catch (EmbeddedLogException)
        {
            // A partition that is followed fails to tell where it ends: the reader looks again, and tells it.
            _signal.Wake();
        }
    }
}
