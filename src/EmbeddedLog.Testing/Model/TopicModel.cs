namespace EmbeddedLog.Testing.Model;

/// <summary>A topic that exists or not, with its partitions and its retention.</summary>
internal sealed class TopicModel
{
    private readonly ModelLog _owner;
    private readonly ModelStatistics _statistics;
    private readonly Random _random;
    private readonly int _partitions;
    private Topic? _topic;

    /// <summary>The last known retention, and the requested ones since.</summary>
    private readonly List<RetentionPolicy> _policies = [RetentionPolicy.KeepForever];

    public TopicModel(ModelLog owner, string name, int partitions, ModelStatistics statistics, Random random)
    {
        _owner = owner;
        Name = name;
        _partitions = partitions;
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

        PartitionModel[] models = [.. Enumerable.Range(0, _partitions).Select(_ => new PartitionModel())];
        PartitionDriver[] drivers =
            [.. models.Select((model, i) => new PartitionDriver(_owner, model, _statistics, $"{Name}-{i}", _random))];
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
    public void Attach(CommitLog log)
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

    private void CheckPolicy()
    {
        TopicOptions options = _topic!.Options;
        if (!_policies.Contains(options.Retention) || options.Partitions != _partitions)
        {
            throw new ModelViolationException(
                $"Topic {Name} has {options.Partitions} partitions and keeps {options.Retention}, not "
                + $"{_partitions} and {string.Join(" or ", _policies)}.");
        }

        _policies.Clear();
        _policies.Add(options.Retention);
    }

    private TopicOptions Options() => new()
    {
        Partitions = _partitions,
        SegmentBytes = 16 << 10,
        Retention = _policies[^1],
        FlushInterval = _owner.Program.BackgroundFlush ? TimeSpan.FromSeconds(1) : Timeout.InfiniteTimeSpan,
    };
}
