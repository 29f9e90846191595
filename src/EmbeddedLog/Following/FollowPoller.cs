using EmbeddedLog.Concurrency;
using EmbeddedLog.Following.Control;

namespace EmbeddedLog.Following;

/// <summary>
/// Polls for new records while there are waiters: soon after the last records, with growing pauses while nothing comes,
/// and not at all without waiters. One timer for all partitions.
/// </summary>
/// <remarks>
/// A store to shared memory wakes no other process. The owner would need a system call at each append, also without
/// followers, because a follower that may not write cannot announce itself.
/// </remarks>
internal sealed class FollowPoller : IBackgroundTask
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(1);

    private readonly BackgroundSchedule _schedule;
    private readonly ControlView _view;
    private readonly TimeSpan _longest;
    private readonly Lock _gate = new();

    /// <summary>Replaced as a whole under the gate; read by the poll.</summary>
    private FollowedPartition[] _partitions = [];

    /// <summary>One while a poll is scheduled or under way. Exchanged by waiters, reset by the poll.</summary>
    private int _scheduled;

    /// <summary>The time to the next poll. Used by the poll, and by the thread that schedules the first one.</summary>
    private TimeSpan _delay;

    public FollowPoller(BackgroundSchedule schedule, ControlView view, TimeSpan longest)
    {
        _schedule = schedule;
        _view = view;
        _longest = longest;
    }

    /// <summary>Polls partitions from now on.</summary>
    public void Add(IEnumerable<FollowedPartition> partitions)
    {
        lock (_gate)
        {
            Volatile.Write(ref _partitions, [.. _partitions, .. partitions]);
        }
    }

    /// <summary>Forgets the partitions of a topic that is gone.</summary>
    public void Remove(IReadOnlySet<FollowedPartition> partitions)
    {
        lock (_gate)
        {
            Volatile.Write(ref _partitions, [.. _partitions.Where(each => !partitions.Contains(each))]);
        }
    }

    /// <summary>Called when there is a waiter.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            _delay = s_shortest;
            _schedule.Schedule(this, _delay);
        }
    }

    /// <inheritdoc/>
    public void RunInBackground()
    {
        bool found = false;
        try
        {
            _view.LookIfDue();
        }
        catch (EmbeddedLogException)
        {
            // The session is damaged; each partition reports the consequence.
        }
        catch (IO.FileSystemException)
        {
            // The next poll tries again; the records so far can be read.
        }

        foreach (FollowedPartition partition in Volatile.Read(ref _partitions))
        {
            found |= partition.HasWaiters && partition.Poll();
        }

        if (AnyWaits())
        {
            TimeSpan doubled = 2 * _delay;
            _delay = found ? s_shortest : doubled < _longest ? doubled : _longest;
            _schedule.Schedule(this, _delay);
            return;
        }

        // A waiter is added first and reads the flag then; this reads in the opposite order.
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (AnyWaits())
        {
            Wake();
        }
    }

    private bool AnyWaits()
    {
        foreach (FollowedPartition partition in Volatile.Read(ref _partitions))
        {
            if (partition.HasWaiters)
            {
                return true;
            }
        }

        return false;
    }
}
