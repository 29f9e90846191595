using EmbeddedLog.Concurrency;
using EmbeddedLog.Following.Control;

namespace EmbeddedLog.Following;

/// <summary>
/// Looks for new records on behalf of those who wait for some: soon after the last ones, ever less often where nothing
/// comes, not at all where nobody waits. One timer for all partitions.
/// </summary>
/// <remarks>
/// Nothing wakes a process when another one stores to memory that they share, unless that one makes a call for it: an
/// append would pay for it whether somebody follows or not, for a follower that may not write cannot say that it waits.
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

    /// <summary>One while a poll is scheduled or under way. Exchanged by who waits, reset by the poll.</summary>
    private int _scheduled;

    /// <summary>The time to the next poll. Only by the poll, and by who schedules the first.</summary>
    private TimeSpan _delay;

    public FollowPoller(BackgroundSchedule schedule, ControlView view, TimeSpan longest)
    {
        _schedule = schedule;
        _view = view;
        _longest = longest;
    }

    /// <summary>Looks after partitions from now on.</summary>
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

    /// <summary>Somebody waits.</summary>
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
            // The session is damaged; the partitions say what that means for them.
        }
        catch (IO.FileSystemException)
        {
            // Perhaps next time; what there is can be read.
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

        // Whoever begins to wait is added first and looks at the flag then; this looks in the opposite order.
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
