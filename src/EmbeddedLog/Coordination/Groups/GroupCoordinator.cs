using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Groups;

/// <summary>The groups of a log, and the watch over members that do not read. Safe to call from any thread.</summary>
internal sealed class GroupCoordinator : IThreadPoolWorkItem, IDisposable
{
    /// <summary>How often members are looked at in the time that they may take for a record.</summary>
    private const int LooksPerLimit = 4;

    private static readonly TimeSpan _shortestPeriod = TimeSpan.FromMilliseconds(1);

    private readonly ITopicCatalog _catalog;
    private readonly Action<IReadOnlyList<PartitionHold>> _end;
    private readonly Action<string>? _used;
    private readonly TimeProvider _time;
    private readonly WorkQueue _work;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    /// <summary>The groups with a name that have a consumer. Under the gate.</summary>
    private readonly SortedDictionary<string, ConsumerGroup> _groups = new(StringComparer.Ordinal);

    /// <summary>The consumers without a group, each alone. Under the gate.</summary>
    private readonly HashSet<ConsumerGroup> _alone = [];

    /// <summary>The watch's timer; null before the first group has two members. Set once; read by anyone.</summary>
    private ITimer? _watch;

    /// <summary>When the timer is due, at the latest; the greatest value if it is not set. Under the gate.</summary>
    private TimeSpan _period = TimeSpan.MaxValue;

    /// <summary>Under the gate.</summary>
    private bool _disposed;

    /// <summary>The number of the last member.</summary>
    private long _lastId;

    /// <param name="catalog">The topics that there are.</param>
    /// <param name="end">Ends holds, so that no commit comes after it.</param>
    /// <param name="platform">The clock, and where the watch runs.</param>
    /// <param name="logger">Where it is told who was put out.</param>
    /// <param name="used">Told, under no lock, of a group that gets a consumer; null for nobody.</param>
    public GroupCoordinator(
        ITopicCatalog catalog,
        Action<IReadOnlyList<PartitionHold>> end,
        Platform platform,
        ILogger logger,
        Action<string>? used = null)
    {
        _used = used;
        _catalog = catalog;
        _end = end;
        _time = platform.Time;
        _work = platform.Work;
        _logger = logger;
    }

    /// <summary>The names of the groups that have a consumer, in ordinal order.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (_gate)
            {
                return [.. _groups.Keys];
            }
        }
    }

    /// <summary>Whether there is any consumer, with a group or without.</summary>
    public bool HasConsumers
    {
        get
        {
            lock (_gate)
            {
                return _groups.Count + _alone.Count > 0;
            }
        }
    }

    /// <summary>
    /// Makes a place for a consumer. One without a group, or of partitions chosen by hand, joins at once.
    /// </summary>
    /// <param name="group">The group's name, or null.</param>
    /// <param name="subscription">What is read: topics that there are.</param>
    /// <param name="settings">What the consumer's options say.</param>
    /// <param name="wake">Wakes the consumer's reader; must not refer to the consumer.</param>
    /// <param name="activity">The consumer.</param>
    /// <exception cref="ArgumentException">The name cannot be a group's.</exception>
    /// <exception cref="InvalidOperationException">
    /// A partition that was chosen by hand is taken, or the group's members share in another way.
    /// </exception>
    public GroupMembership Create(
        string? group,
        Subscription subscription,
        in MemberSettings settings,
        Action wake,
        WeakReference<IMemberActivity> activity)
    {
        if (group is not null)
        {
            NameRules.ThrowIfNotGroup(group);
        }

        long id = Interlocked.Increment(ref _lastId);
        GroupMember member = new(
            id, settings.ClientName ?? $"consumer-{id}", subscription, settings.PollLimit, wake, activity);
        GroupMembership membership = new(this, Enter(group, settings.Assignor), member);
        try
        {
            if (group is not null)
            {
                _used?.Invoke(group);
            }

            if (group is null || subscription.ByHand.Count > 0)
            {
                membership.Join();
            }

            return membership;
        }
        catch
        {
            membership.Dispose();
            throw;
        }
    }

    /// <summary>Tells the groups of topics and partitions that were made, and of topics that were deleted.</summary>
    public void RefreshTopics()
    {
        ConsumerGroup[] groups;
        lock (_gate)
        {
            groups = [.. _groups.Values, .. _alone];
        }

        foreach (ConsumerGroup group in groups)
        {
            group.RefreshTopics();
        }
    }

    /// <summary>What a group looks like now; null if it has no consumer.</summary>
    public GroupView? Describe(string group)
    {
        ConsumerGroup? found;
        lock (_gate)
        {
            found = _groups.GetValueOrDefault(group);
        }

        return found?.Describe();
    }

    /// <summary>Does something while a group has no members: who would join waits for it.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="act">What is done. No user code, and it takes no lock of groups.</param>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    public T WhileEmpty<T>(string group, Func<T> act)
    {
        ConsumerGroup? found;
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out found))
            {
                // A consumer that is created now waits at the gate.
                return act();
            }
        }

        return found.WhileEmpty(act);
    }

    /// <summary>Whether a group has a consumer, whether it has joined or not.</summary>
    public bool IsUsed(string group)
    {
        lock (_gate)
        {
            return _groups.ContainsKey(group);
        }
    }

    /// <summary>
    /// Does something if a group has no consumer, and lets none be made meanwhile; false if it has one.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="act">What is done. No user code, and it takes no lock of groups.</param>
    public bool TryWhileUnused(string group, Action act)
    {
        lock (_gate)
        {
            if (_groups.ContainsKey(group))
            {
                return false;
            }

            act();
            return true;
        }
    }

    /// <summary>Watches that the members of a group read, now that one has joined.</summary>
    public void Watch(ConsumerGroup group)
    {
        if (group.Name is null || PeriodOf(group, _time.GetTimestamp()) is not { } period)
        {
            return;
        }

        lock (_gate)
        {
            if (period >= _period || _disposed)
            {
                return;
            }

            _period = period;
        }

        SetWatch(period);
    }

    /// <summary>Forgets a group with its last consumer.</summary>
    public void Forget(ConsumerGroup group)
    {
        lock (_gate)
        {
            if (--group.Consumers > 0)
            {
                return;
            }

            if (group.Name is null)
            {
                _alone.Remove(group);
            }
            else
            {
                _groups.Remove(group.Name);
            }
        }
    }

    /// <summary>Ends the watch.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        Volatile.Read(ref _watch)?.Dispose();
    }

    void IThreadPoolWorkItem.Execute()
    {
        ConsumerGroup[] groups;
        lock (_gate)
        {
            groups = [.. _groups.Values];
            _period = TimeSpan.MaxValue;
        }

        long now = _time.GetTimestamp();
        foreach (ConsumerGroup group in groups)
        {
            foreach ((GroupMember member, int partitions) in group.PutOutStuck(now, _time.GetElapsedTime))
            {
                // Its reader may wait beside handlers that are stuck, and tells them.
                member.Wake();
                GroupsLog.PutOut(_logger, group.Name!, member.ClientName, member.Id, member.PollLimit, partitions);
            }
        }

        // The next look, if there is still a group with several members.
        Array.ForEach(groups, Watch);
    }

    private static TimeSpan? PeriodOf(ConsumerGroup group, long now)
    {
        TimeSpan? period = group.FindLeastPollLimit(now) / LooksPerLimit;
        return period < _shortestPeriod ? _shortestPeriod : period;
    }

    /// <summary>Sets the timer. Under no lock, for it is the user's clock.</summary>
    private void SetWatch(TimeSpan period)
    {
        ITimer? watch = Volatile.Read(ref _watch);
        if (watch is null)
        {
            ITimer made = _time.CreateTimer(
                static state => ((GroupCoordinator)state!).OnTimer(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
            watch = Interlocked.CompareExchange(ref _watch, made, null) ?? made;
            if (watch != made)
            {
                made.Dispose();
            }
        }

        watch.Change(period, Timeout.InfiniteTimeSpan);
        bool disposed;
        lock (_gate)
        {
            disposed = _disposed;
        }

        if (disposed)
        {
            watch.Dispose();
        }
    }

    private ConsumerGroup Enter(string? name, GroupAssignor assignor)
    {
        lock (_gate)
        {
            ConsumerGroup? group = null;
            if (name is not null && _groups.TryGetValue(name, out group) && group.Assignor != assignor)
            {
                throw GroupErrors.OtherAssignor(name, group.Assignor, assignor);
            }

            if (group is null)
            {
                group = new ConsumerGroup(name, assignor, _catalog, _end);
                if (name is null)
                {
                    _alone.Add(group);
                }
                else
                {
                    _groups.Add(name, group);
                }
            }

            group.Consumers++;
            return group;
        }
    }

    /// <summary>Only queues: a clock may call it on any stack, with locks held.</summary>
    private void OnTimer() => _work.Queue(this);
}
