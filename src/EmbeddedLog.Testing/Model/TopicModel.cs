namespace EmbeddedLog.Testing.Model;

/// <summary>A topic that exists or not, with its partitions and its retention.</summary>
internal sealed class TopicModel
{
    /// <summary>No more are added.</summary>
    private const int MaxPartitions = 5;

    private readonly ModelLog _owner;
    private readonly ModelStatistics _statistics;
    private readonly Random _random;
    private readonly int _firstPartitions;
    private Topic? _topic;

    /// <summary>
    /// How many partitions it has, and then those of additions since that were cut off or failed: after an opening that
    /// is not clean it may have one of these.
    /// </summary>
    private readonly List<int> _totals = [];

    /// <summary>The last known retention, and the requested ones since.</summary>
    private readonly List<RetentionPolicy> _policies = [RetentionPolicy.KeepForever];

    public TopicModel(ModelLog owner, string name, int partitions, ModelStatistics statistics, Random random)
    {
        _owner = owner;
        Name = name;
        _firstPartitions = partitions;
        _totals.Add(partitions);
        _statistics = statistics;
        _random = random;
        Drivers = [];
    }

    public string Name { get; }

    /// <summary>Whether it must exist.</summary>
    public TopicPresence Presence { get; private set; }

    /// <summary>Its partitions; none while it does not exist.</summary>
    public IReadOnlyList<PartitionDriver> Drivers { get; private set; }

    /// <summary>Whether a flush of a partition has failed.</summary>
    public bool HasFailed => Drivers.Any(driver => driver.HasFailed);

    /// <summary>Makes the topic if it does not exist.</summary>
    public void Create(CommitLog log)
    {
        if (Presence != TopicPresence.Absent)
        {
            return;
        }

        Has(_firstPartitions);
        PartitionDriver[] drivers = [.. Enumerable.Range(0, _firstPartitions).Select(NewDriver)];
        _policies.Clear();
        _policies.Add(RetentionPolicy.KeepForever);
        bool done = _owner.Try(
            () => _topic = _owner.Machine.Run(() => log.CreateTopicAsync(Name, Options()).AsTask()), () => false);
        if (done || _owner.HasStopped)
        {
            Drivers = drivers;
            Presence = _owner.HasStopped ? TopicPresence.Uncertain : TopicPresence.Present;
            _statistics.TopicsCreated++;
        }

        if (Presence == TopicPresence.Present)
        {
            foreach ((PartitionDriver driver, OwnedPartition partition) in drivers.Zip(_topic!.Partitions))
            {
                driver.Attach(partition.Log);
                driver.CompareAfterOpening(clean: false, writtenSurvives: true);
            }
        }
    }

    /// <summary>Adds partitions, up to a bound.</summary>
    public void AddPartitions(CommitLog log, int more)
    {
        int total = Math.Min(_totals[0] + more, MaxPartitions);
        if (total == _totals[0])
        {
            return;
        }

        bool done = _owner.Try(
            () => _owner.Machine.Run(() => log.AddPartitionsAsync(Name, total).AsTask()), () => HasFailed);
        if (_owner.HasStopped)
        {
            _totals.Add(total);
            return;
        }

        if (done)
        {
            _statistics.PartitionsAdded += total - _totals[0];
            Has(total);
            TakeAdded();
        }
        else
        {
            _totals.Add(total);
        }

        if (_topic!.PartitionCount != _totals[0] || _topic.Options.Partitions != _totals[0])
        {
            throw new ModelViolationException(
                $"Topic {Name} shows {_topic.PartitionCount} partitions, not {_totals[0]}, after an addition that "
                + $"{(done ? "succeeded" : "failed")}.");
        }
    }

    /// <summary>Deletes the topic if it exists; the caller has informed the groups.</summary>
    public void Delete(CommitLog log)
    {
        bool done = _owner.Try(() => _owner.Machine.Run(() => log.DeleteTopicAsync(Name).AsTask()), () => HasFailed);
        if (_owner.HasStopped)
        {
            Presence = TopicPresence.Uncertain;
        }
        else if (done)
        {
            _statistics.TopicsDeleted++;
            Disappear();
        }
        else
        {
            throw new ModelViolationException($"Topic {Name} cannot be deleted.");
        }
    }

    /// <summary>Changes the retention.</summary>
    public void Retain(CommitLog log, RetentionPolicy policy)
    {
        _policies.Add(policy);
        bool done = _owner.Try(
            () => _owner.Machine.Run(() => log.EnsureTopicAsync(Name, Options()).AsTask()), () => HasFailed);
        if (_owner.HasStopped)
        {
            return;
        }

        RetentionPolicy kept = done ? policy : _policies[0];
        _policies.Clear();
        _policies.Add(kept);
        CheckPolicy();
    }

    /// <summary>Finds the topic and its partitions in a log that was opened.</summary>
    /// <param name="log">The log.</param>
    /// <param name="clean">Whether the log had been closed, so that what failed must have left nothing.</param>
    public void Attach(CommitLog log, bool clean)
    {
        bool found = log.TryGetTopic(Name, out _topic);
        if (found ? Presence == TopicPresence.Absent : Presence == TopicPresence.Present)
        {
            throw new ModelViolationException($"Topic {Name} is {(found ? "there again" : "gone")}.");
        }

        if (!found)
        {
            Disappear();
            return;
        }

        Presence = TopicPresence.Present;
        CheckPolicy();
        CheckTotal(clean);
        foreach ((PartitionDriver driver, OwnedPartition partition) in Drivers.Zip(_topic!.Partitions))
        {
            driver.Attach(partition.Log);
        }
    }

    /// <summary>The log is gone.</summary>
    public void Detach()
    {
        _topic = null;
        foreach (PartitionDriver driver in Drivers)
        {
            driver.Detach();
        }
    }

    private void Disappear()
    {
        Presence = TopicPresence.Absent;
        Drivers = [];
        _topic = null;
    }

    private PartitionDriver NewDriver(int number) =>
        new(_owner, new PartitionModel(), _statistics, $"{Name}-{number}", _random);

    private void Has(int total)
    {
        _totals.Clear();
        _totals.Add(total);
    }

    /// <summary>The present partitions must be as many as is allowed; those that are new have no record.</summary>
    private void CheckTotal(bool clean)
    {
        int found = _topic!.PartitionCount;
        if (found != _totals[0] && (clean || !_totals.Contains(found)))
        {
            throw new ModelViolationException(
                $"Topic {Name} has {found} partitions, not "
                + $"{(clean ? $"{_totals[0]}" : string.Join(" or ", _totals))}.");
        }

        if (_totals.Count > 1)
        {
            _statistics.AdditionsKept += found != _totals[0] ? 1 : 0;
            _statistics.AdditionsLost += found == _totals[0] ? 1 : 0;
        }

        Has(found);
        Drivers = [.. Drivers, .. Enumerable.Range(Drivers.Count, found - Drivers.Count).Select(NewDriver)];
    }

    /// <summary>Takes over the partitions that were just added.</summary>
    private void TakeAdded()
    {
        int before = Drivers.Count;
        Drivers = [.. Drivers, .. Enumerable.Range(before, _totals[0] - before).Select(NewDriver)];
        for (int i = before; i < Drivers.Count; i++)
        {
            Drivers[i].Attach(_topic![i].Log);
            Drivers[i].CompareAfterOpening(clean: false, writtenSurvives: true);
        }
    }

    private void CheckPolicy()
    {
        TopicOptions options = _topic!.Options;
        if (!_policies.Contains(options.Retention))
        {
            throw new ModelViolationException(
                $"Topic {Name} keeps {options.Retention}, not {string.Join(" or ", _policies)}.");
        }

        _policies.Clear();
        _policies.Add(options.Retention);
    }

    private TopicOptions Options() => new()
    {
        Partitions = _totals[0],
        SegmentBytes = 16 << 10,
        Retention = _policies[^1],
        FlushInterval = _owner.Program.BackgroundFlush ? TimeSpan.FromSeconds(1) : Timeout.InfiniteTimeSpan,
    };
}
