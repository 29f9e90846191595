using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Model;

/// <summary>
/// A log on a simulated machine together with what it must be: opens and closes it, ends the machine's life, and knows
/// which guarantees each of that leaves.
/// </summary>
internal sealed class ModelLog : IDisposable
{
    private const string Directory = "/data/log";
    private const string TopicName = "topic";

    /// <summary>How often a full disk or a flush that is made to fail can stop an opening.</summary>
    private const int MaxAttempts = 20;

    private readonly ModelProgram _program;
    private readonly ModelStatistics _statistics;
    private readonly PartitionModel[] _models;
    private readonly PartitionDriver[] _drivers;
    private SimulatedPlatform _machine;
    private CommitLog? _log;

    /// <summary>How the machine is going to end when it stops by itself.</summary>
    private CrashKind _plannedKind;

    /// <summary>The worst that came over the log since it was last open.</summary>
    private Ending _ending = Ending.Clean;

    /// <summary>Whether a flush has failed in this life of the page cache, so that it may lie.</summary>
    private bool _cacheLies;

    /// <summary>Whether the topic was created durably.</summary>
    private bool _hasTopic;

    public ModelLog(ModelProgram program, ModelStatistics statistics)
    {
        _program = program;
        _statistics = statistics;
        SimulationOptions options = program.Positional ? SimulationOptions.Positional : new SimulationOptions();
        _machine = new SimulatedPlatform(program.Seed, options);
        _models = [.. Enumerable.Range(0, program.Partitions).Select(_ => new PartitionModel())];
        Random random = new(program.Seed);
        _drivers = [.. _models.Select((model, i) => new PartitionDriver(this, model, statistics, i, random))];
    }

    /// <summary>Whether the program ended early, because the log rightly refused to be opened.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The machine of this life.</summary>
    public SimulatedPlatform Machine => _machine;

    /// <summary>Whether the machine has stopped: what is acknowledged from then on does not count.</summary>
    public bool HasStopped => _machine.Disk.HasCrashed;

    /// <summary>The next number for a record.</summary>
    public long NextId { get; set; } = 1;

    /// <summary>What each partition must be.</summary>
    public IReadOnlyList<PartitionModel> Models => _models;

    /// <summary>What the last opening has to take care of.</summary>
    private enum Ending
    {
        /// <summary>The log was closed.</summary>
        Clean,

        /// <summary>The cache is as it was: everything written must be there.</summary>
        Killed,

        /// <summary>What was not flushed may be gone.</summary>
        PowerLost,
    }

    /// <summary>Opens the log, as often as it takes, and compares it with the model.</summary>
    public void Open()
    {
        for (int attempt = 0; _log is null && !IsOver; attempt++)
        {
            if (attempt == MaxAttempts)
            {
                throw new ModelViolationException("The log cannot be opened any more.");
            }

            if (HasStopped)
            {
                _statistics.CrashedRecoveries++;
                Crash(_plannedKind, evict: false);
            }

            TryOpen();
        }
    }

    /// <summary>Closes the log and opens it again.</summary>
    public void Reopen()
    {
        Close();
        Open();
    }

    /// <summary>Lets everything queued be done, and ends the machine's life if that is due.</summary>
    public void Settle()
    {
        _machine.Scheduler.RunUntilIdle();
        CrashIfStopped();
    }

    /// <summary>Does some of what is queued.</summary>
    public void Work(int items)
    {
        for (int i = 0; i < items; i++)
        {
            _machine.Scheduler.RunOne();
        }

        CrashIfStopped();
    }

    /// <summary>Lets time pass, and everything happen that it brings.</summary>
    public void Advance(TimeSpan time)
    {
        _machine.Time.Advance(time);
        Settle();
    }

    /// <summary>Plays a step on its partition.</summary>
    public void OnPartition(in ModelStep step)
    {
        _drivers[step.Partition % _drivers.Length].Play(step);
        CrashIfStopped();
    }

    /// <summary>
    /// Ends the machine's life. With <paramref name="evict"/> the cache forgets what it takes for clean.
    /// </summary>
    public void Crash(CrashKind kind, bool evict)
    {
        CheckNoViolation();
        if (_log is not null)
        {
            Array.ForEach(_models, model => model.RememberSeen());
        }

        Count(kind);
        _log = null;
        Array.ForEach(_drivers, driver => driver.Detach());
        SimulatedPlatform dead = _machine;
        _machine = dead.Crash(kind);
        dead.Dispose();
        bool losesUnflushed = kind == CrashKind.PowerLoss || (_cacheLies && (kind == CrashKind.Remount || evict));
        Ending ending = losesUnflushed ? Ending.PowerLost : Ending.Killed;
        _ending = ending > _ending ? ending : _ending;
        _cacheLies &= kind == CrashKind.ProcessKill;
        if (evict)
        {
            _machine.Disk.EvictCleanPages();
        }
    }

    /// <summary>Plans the machine's end.</summary>
    public void CrashSoon(int mutations, CrashKind kind)
    {
        _plannedKind = kind;
        _machine.Disk.CrashAtMutation(_machine.Disk.Counters.Mutations + mutations);
    }

    /// <summary>Lets the next flush fail.</summary>
    public void FailFlush(double lostShare)
    {
        _cacheLies = true;
        _machine.Disk.FailNextFlush(lostShare);
    }

    /// <summary>Leaves so many pages free.</summary>
    public void FillDisk(int freePages) =>
        _machine.Disk.CapacityBytes = _machine.Disk.UsedBytes + (freePages * (long)SimulatedDisk.PageBytes);

    /// <summary>Gives the disk space again.</summary>
    public void FreeDisk() => _machine.Disk.CapacityBytes = long.MaxValue;

    public void Dispose() => _machine.Dispose();

    private void Close()
    {
        if (_log is null)
        {
            return;
        }

        Array.ForEach(_models, model => model.RememberSeen());
        bool failed = _drivers.Any(driver => driver.HasFailed);
        _machine.Run(_log.DisposeAsync(), patience: TimeSpan.FromMinutes(1));
        _machine.Scheduler.RunUntilIdle();
        Array.ForEach(_drivers, driver => driver.FinishPending());
        failed |= _drivers.Any(driver => driver.HasFailed);
        if (HasStopped)
        {
            CrashIfStopped();
            return;
        }

        // A log that could not be closed cleanly is opened as after a kill, in the same cache.
        _ending = failed || _machine.Disk.Counters.FailedFlushes > 0 || _machine.Disk.CapacityBytes != long.MaxValue
            ? Ending.Killed
            : Ending.Clean;
        _log = null;
        Array.ForEach(_drivers, driver => driver.Detach());
        CheckNoLeak();
    }

    private void CrashIfStopped()
    {
        if (HasStopped)
        {
            Crash(_plannedKind, evict: false);
            Open();
        }
    }

    private void TryOpen()
    {
        CommitLogOptions options = new() { TimeProvider = _machine.Time, MaxOpenSegments = 2 };
        CommitLog? opened = null;
        try
        {
            opened = _machine.Run(
                () => CommitLog.OpenAsync(Directory, options, _machine.Platform, CancellationToken.None).AsTask());
            Topic topic = GetTopic(opened);
            if (!HasStopped)
            {
                _hasTopic = true;
                _log = opened;
                Compare(topic);
            }
        }
        catch (Exception refusal) when (refusal is EmbeddedLogException && !HasStopped)
        {
            if (opened is not null)
            {
                _machine.Run(opened.DisposeAsync());
            }

            Refused(refusal);
        }
        catch (Exception) when (HasStopped)
        {
            // The next attempt is on another machine.
        }
    }

    private Topic GetTopic(CommitLog log)
    {
        if (_hasTopic && !log.TryGetTopic(TopicName, out _))
        {
            throw new ModelViolationException("The topic is gone.");
        }

        TopicOptions options = new()
        {
            Partitions = _program.Partitions,
            SegmentBytes = 16 << 10,
            Retention = RetentionPolicy.KeepForever,
            FlushInterval = _program.BackgroundFlush ? TimeSpan.FromSeconds(1) : Timeout.InfiniteTimeSpan,
        };
        return _machine.Run(() => log.EnsureTopicAsync(TopicName, options).AsTask());
    }

    private void Compare(Topic topic)
    {
        bool clean = _ending == Ending.Clean;
        _statistics.CleanReopenings += clean ? 1 : 0;
        for (int i = 0; i < _drivers.Length; i++)
        {
            _drivers[i].Attach(topic[i].Log);
            _drivers[i].CompareAfterOpening(clean, writtenSurvives: _ending != Ending.PowerLost);
        }

        _ending = Ending.Clean;
    }

    /// <summary>
    /// An opening may be refused for want of space, by a flush that fails, or for what a lie has broken.
    /// </summary>
    private void Refused(Exception refusal)
    {
        CheckNoLeak();
        _ending = _ending == Ending.Clean ? Ending.Killed : _ending;
        switch (refusal)
        {
            case CorruptLogException when _ending == Ending.PowerLost && _cacheLies:
                _statistics.ToldOfDamage++;
                IsOver = true;
                return;
            case DiskFullException or LogDirectoryException when _machine.Disk.CapacityBytes != long.MaxValue:
                _statistics.RefusedForSpace++;
                FreeDisk();
                return;
            case LogIOException or LogDirectoryException when _machine.Disk.Counters.FailedFlushes > 0:
                return;
            default:
                throw new ModelViolationException($"The log cannot be opened: {refusal.Message}", refusal);
        }
    }

    private void CheckNoLeak()
    {
        CheckNoViolation();
        if (_machine.Disk.OpenFiles.Count + _machine.Disk.LiveMaps.Count > 0)
        {
            throw new ModelViolationException(
                $"Left open: {string.Join(", ", _machine.Disk.OpenFiles)}; "
                + $"left mapped: {string.Join(", ", _machine.Disk.LiveMaps)}.");
        }
    }

    private void CheckNoViolation()
    {
        if (_machine.Disk.Violations is [var first, ..])
        {
            throw new ModelViolationException($"The log must not do this to a disk: {first}.");
        }
    }

    private void Count(CrashKind kind)
    {
        _statistics.Kills += kind == CrashKind.ProcessKill ? 1 : 0;
        _statistics.Remounts += kind == CrashKind.Remount ? 1 : 0;
        _statistics.PowerLosses += kind == CrashKind.PowerLoss ? 1 : 0;
    }
}
