using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Model;

/// <summary>
/// A log on a simulated machine together with its model: opens and closes it, ends the machine's life, and knows the
/// guarantees after each ending.
/// </summary>
internal sealed class ModelLog : IDisposable
{
    // Over 400 lines: one step of a program is one member, and all share the model.
    private const string Directory = "/data/log";

    /// <summary>How often a full disk or a planned failure of a flush can stop an opening.</summary>
    private const int MaxAttempts = 20;

    private readonly ModelStatistics _statistics;

    /// <summary>The permanent topic, and the one that comes and goes.</summary>
    private readonly TopicModel _main, _other;
    private readonly TopicModel[] _topics;
    private readonly GroupsDriver _groups;
    private SimulatedPlatform _machine;
    private CommitLog? _log;

    /// <summary>The planned ending of the machine.</summary>
    private CrashKind _plannedKind;

    /// <summary>The worst that came over the log since it was last open.</summary>
    private ModelEnding _ending = ModelEnding.Clean;

    /// <summary>Whether a flush has failed with this page cache, which may lie since.</summary>
    private bool _cacheLies;

    /// <summary>Whether a sector was misplaced, which every read must report.</summary>
    private bool _isMisplaced;

    public ModelLog(ModelProgram program, ModelStatistics statistics)
    {
        Program = program;
        _statistics = statistics;
        SimulationOptions options = program.Positional ? SimulationOptions.Positional : new SimulationOptions();
        _machine = new SimulatedPlatform(program.Seed, options);
        Random random = new(program.Seed);
        _main = new TopicModel(this, "topic", program.Partitions, statistics, random);
        _other = new TopicModel(this, "other", 1, statistics, random);
        _topics = [_main, _other];
        _groups = new GroupsDriver(this, statistics);
    }

    /// <summary>The program.</summary>
    public ModelProgram Program { get; }

    /// <summary>Whether the program ended early, because the log rightly refused to be opened.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The machine of this life.</summary>
    public SimulatedPlatform Machine => _machine;

    /// <summary>Whether the machine has stopped: later acknowledgements do not count.</summary>
    public bool HasStopped => _machine.Disk.HasCrashed;

    /// <summary>The next number for a record.</summary>
    public long NextId { get; set; } = 1;

    /// <summary>The wall clock, in Unix milliseconds.</summary>
    public long Now => _machine.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The partitions.</summary>
    private PartitionDriver[] Drivers => [.. _topics.SelectMany(topic => topic.Drivers)];

    /// <summary>Opens the log, as often as it takes, and compares it with the model.</summary>
    public void Open()
    {
        for (int attempt = 0; (_log is null || HasStopped) && !IsOver; attempt++)
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

    /// <summary>Runs all queued work, and ends the machine's life if that is due.</summary>
    public void Settle()
    {
        _machine.Scheduler.RunUntilIdle();
        CrashIfStopped();
    }

    /// <summary>Runs some of the queued work.</summary>
    public void Work(int items)
    {
        for (int i = 0; i < items; i++)
        {
            _machine.Scheduler.RunOne();
        }

        CrashIfStopped();
    }

    /// <summary>Moves the clock, and runs everything that becomes due.</summary>
    public void Advance(TimeSpan time)
    {
        _machine.Time.Advance(time);
        Settle();
    }

    /// <summary>Plays a step on its partition.</summary>
    public void OnPartition(in ModelStep step)
    {
        PartitionDriver[] drivers = Drivers;
        drivers[step.Partition % drivers.Length].Play(step);
        CrashIfStopped();
    }

    /// <summary>Commits offsets for a group.</summary>
    public void Commit(in ModelStep step)
    {
        PartitionDriver[] drivers = Drivers;
        _groups.Commit(step, drivers[step.Partition % drivers.Length], drivers);
        CrashIfStopped();
    }

    /// <summary>Changes a topic's retention and applies it to one of its partitions.</summary>
    public void Retain(in ModelStep step)
    {
        RetentionPolicy policy = step.Choice % 2 == 0
            ? new RetentionPolicy { MaxAge = TimeSpan.FromMilliseconds(1 + (step.Amount * 10)) }
            : new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = 1 + (step.Amount * 50) };
        PartitionDriver[] drivers = Drivers;
        PartitionDriver driver = drivers[step.Partition % drivers.Length];
        _topics.Single(topic => topic.Drivers.Contains(driver)).Retain(_log!, policy);
        if (!HasStopped)
        {
            driver.Play(step);
        }

        CrashIfStopped();
    }

    /// <summary>Makes the second topic.</summary>
    public void CreateTopic()
    {
        _other.Create(_log!);
        CrashIfStopped();
    }

    /// <summary>Deletes the second topic.</summary>
    public void DeleteTopic()
    {
        if (_other.Presence == TopicPresence.Present)
        {
            _groups.Forget(_other.Drivers);
            _other.Delete(_log!);
            CrashIfStopped();
        }
    }

    /// <summary>Adds partitions to a topic.</summary>
    public void AddPartitions(in ModelStep step)
    {
        TopicModel topic = step.Choice % 3 == 0 && _other.Presence == TopicPresence.Present ? _other : _main;
        topic.AddPartitions(_log!, 1 + (step.Amount % 2));
        CrashIfStopped();
    }

    /// <summary>Puts a sector of a closed segment in another one's place.</summary>
    public void Misplace(in ModelStep step)
    {
        PartitionDriver[] drivers = Drivers;
        SectorSwap? swap = SectorSwap.Choose(drivers[step.Partition % drivers.Length].Log, step);
        Close();
        _machine.Disk.CrashAtMutation(long.MaxValue);
        if (_log is null && _ending == ModelEnding.Clean && swap?.TryDo(_machine.Platform.Files) == true)
        {
            _isMisplaced = true;
            _statistics.Misplaced++;
        }

        Open();
        IsOver |= _isMisplaced;
    }

    /// <summary>Does something; false if the log refused it for a foreseen reason.</summary>
    public bool Try(Action action, Func<bool> hasFailed)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception refusal) when (IsForeseen(refusal, hasFailed()))
        {
            return false;
        }
    }

    /// <summary>Whether the machine's behaviour explains an exception.</summary>
    public bool IsForeseen(Exception refusal, bool hasFailed)
    {
        bool full = _machine.Disk.CapacityBytes != long.MaxValue;
        _statistics.RefusedForSpace += full && refusal is DiskFullException ? 1 : 0;
        return HasStopped
            || (refusal is PartitionFailedException && hasFailed)
            || (refusal is LogIOException && _machine.Disk.Counters.FailedFlushes > 0)
            || (refusal is DiskFullException && full);
    }

    /// <summary>Ends the machine's life. With <paramref name="evict"/> the cache drops its clean pages.</summary>
    public void Crash(CrashKind kind, bool evict)
    {
        MachineCheck.NothingWasViolated(_machine.Disk);
        if (_log is not null)
        {
            RememberSeen();
        }

        _statistics.Count(kind);
        Detach();
        SimulatedPlatform dead = _machine;
        _machine = dead.Crash(kind);
        dead.Dispose();
        bool losesUnflushed = kind == CrashKind.PowerLoss || (_cacheLies && (kind == CrashKind.Remount || evict));
        ModelEnding ending = losesUnflushed ? ModelEnding.PowerLost : ModelEnding.Killed;
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

        RememberSeen();
        bool failed = HasFailed;
        _machine.Run(_log.DisposeAsync(), patience: TimeSpan.FromMinutes(1));
        _machine.Scheduler.RunUntilIdle();
        Array.ForEach(Drivers, driver => driver.FinishPending());
        failed |= HasFailed;
        if (HasStopped)
        {
            CrashIfStopped();
            return;
        }

        // A log that could not be closed cleanly is opened like after a kill, in the same cache.
        _ending = failed || _machine.Disk.Counters.FailedFlushes > 0 || _machine.Disk.CapacityBytes != long.MaxValue
            ? ModelEnding.Killed
            : ModelEnding.Clean;
        Detach();
        MachineCheck.NothingIsOpen(_machine.Disk);
    }

    private bool HasFailed => _groups.HasFailed || Array.Exists(_topics, topic => topic.HasFailed);

    private void RememberSeen() => Array.ForEach(Drivers, driver => driver.Model.RememberSeen());

    private void Detach()
    {
        _log = null;
        _groups.Detach();
        Array.ForEach(_topics, topic => topic.Detach());
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
        CommitLogOptions options = new()
        {
            TimeProvider = _machine.Time,
            MaxOpenSegments = 2,

            // Steps of the program apply retention, so that the model can check it.
            RetentionCheckInterval = TimeSpan.FromDays(1),
            RetainsAtOpening = false,
        };
        CommitLog? opened = null;
        try
        {
            opened = _machine.Run(
                () => CommitLog.OpenAsync(Directory, options, _machine.Platform, CancellationToken.None).AsTask());
            if (!HasStopped)
            {
                _log = opened;
                Compare(opened);
                _main.Create(opened);
                if (_main.Presence == TopicPresence.Absent)
                {
                    // Without space, or after a planned failure of a flush.
                    Close();
                    FreeDisk();
                }
            }
        }
        catch (Exception refusal) when (refusal is EmbeddedLogException && !HasStopped)
        {
            if (opened is not null)
            {
                _machine.Run(opened.DisposeAsync());
                Detach();
            }

            Refused(refusal);
        }
        catch (Exception) when (HasStopped)
        {
            // The next attempt is on another machine.
        }
    }

    private void Compare(CommitLog log)
    {
        if (log.Recovery.Damaged is [{ Failure: { } damage }, ..])
        {
            // As if the whole log were refused: it is an error unless the program has earned it.
            throw damage;
        }

        bool clean = _ending == ModelEnding.Clean;
        _statistics.CleanReopenings += clean ? 1 : 0;
        Array.ForEach(_topics, topic => topic.Attach(log, clean));
        foreach (PartitionDriver driver in Drivers)
        {
            driver.CompareAfterOpening(clean, writtenSurvives: _ending != ModelEnding.PowerLost);
        }

        _groups.Attach(log.Offsets);
        _groups.CompareAfterOpening(Drivers, clean, writtenSurvives: _ending != ModelEnding.PowerLost);
        _ending = ModelEnding.Clean;
    }

    /// <summary>An opening may be refused without space, by a failing flush, or because of damage from a lie.</summary>
    private void Refused(Exception refusal)
    {
        MachineCheck.NothingIsOpen(_machine.Disk);
        _ending = _ending == ModelEnding.Clean ? ModelEnding.Killed : _ending;
        switch (refusal)
        {
            case CorruptLogException when _isMisplaced || (_ending == ModelEnding.PowerLost && _cacheLies):
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
}
