using EmbeddedLog.IO;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Model;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Testing.Faults;

/// <summary>
/// One life of a log on a machine of its own in which a call to the file system fails, once or from then on. Topics are
/// made, changed and deleted, records appended and flushed, offsets committed, segments rolled, trimmed and read, and
/// the log is closed and opened again. Each failure must be an exception of the library; no acknowledged record may be
/// lost; nothing may stay open; and without faults the log must open and work again.
/// </summary>
internal sealed class FaultLife : IDisposable
{
    private const string Directory = "/data/log";
    private const string Main = "topic";
    private const string Brief = "brief";

    private readonly SimulatedPlatform _machine;
    private readonly Platform _platform;
    private readonly FaultLifeSize _size;
    private readonly FaultedCalls _calls = new();
    private readonly FaultedPartition[] _partitions;
    private readonly FaultedCommits[] _commits;
    private readonly FaultingFileSystem _faults;

    /// <summary>Whether each topic exists; null if unknown after a failure.</summary>
    private bool _hasMain;
    private bool? _hasBrief = false;

    public FaultLife(FaultLifeSize size, bool positional)
    {
        _size = size;
        _machine = new SimulatedPlatform(1, positional ? SimulationOptions.Positional : null);
        _faults = new FaultingFileSystem(_machine.Platform.Files);
        _platform = _machine.Platform with { Files = _faults };
        _partitions = [.. Enumerable.Range(0, size.Partitions).Select(i => new FaultedPartition(i, _calls))];
        _commits = [.. _partitions.Select(_ => new FaultedCommits(_calls))];
    }

    /// <summary>How many calls of each kind such a life makes without a failure.</summary>
    public static IReadOnlyList<(FaultKind Kind, long Calls)> Count(FaultLifeSize size, bool positional)
    {
        using FaultLife life = new(size, positional);
        life.Live();
        return [.. Enum.GetValues<FaultKind>().Select(kind => (kind, life._faults.CountOf(kind)))];
    }

    /// <summary>Plays a life with a failure, then checks the log.</summary>
    /// <param name="size">How much happens.</param>
    /// <param name="positional">How records are written.</param>
    /// <param name="fault">The failure.</param>
    /// <param name="losesPower">Whether the machine then loses its power. If not, the page cache survives.</param>
    /// <exception cref="ModelViolationException">The log broke a rule.</exception>
    public static void Check(FaultLifeSize size, bool positional, Fault fault, bool losesPower)
    {
        using FaultLife life = new(size, positional);
        life._faults.Fail(fault);
        life._calls.Expect(fault);
        life.Live();
        if (life._faults.Fired == 0)
        {
            throw new ModelViolationException("No call failed, so that nothing was tested.");
        }

        life._faults.Clear();
        life._calls.Expect(null);
        if (!losesPower)
        {
            life.CheckOn(life._machine, lostPower: false);
            return;
        }

        using SimulatedPlatform after = life._machine.Crash(CrashKind.PowerLoss);
        life.CheckOn(after, lostPower: true);
    }

    public void Dispose() => _machine.Dispose();

    private static ValueTask<CommitLog> OpenAsync(Platform platform) => CommitLog.OpenAsync(
        Directory, new CommitLogOptions { MaxOpenSegments = 2 }, platform, CancellationToken.None);

    private void Live()
    {
        _machine.Run(LiveAsync, patience: TimeSpan.FromHours(1));
        _machine.Scheduler.RunUntilIdle();
        RequireNothingOpen(_machine);
    }

    private async Task LiveAsync()
    {
        for (int round = 0; round < _size.Rounds; round++)
        {
            if (await _calls.MakeAsync(() => OpenAsync(_platform)).ConfigureAwait(false) is { } log)
            {
                await UseAsync(log, round).ConfigureAwait(false);
                await log.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task UseAsync(CommitLog log, int round)
    {
        TopicOptions options = FaultedPartition.Options(_size.Partitions, round);
        Topic? topic = await _calls.MakeAsync(() => log.EnsureTopicAsync(Main, options)).ConfigureAwait(false);
        _hasMain |= topic is not null;
        if (topic is null && !log.TryGetTopic(Main, out topic))
        {
            return;
        }

        PartitionLog[] logs = [.. topic.Partitions.Select(partition => partition.Log)];
        OnEach(logs, (partition, at) => partition.Meet(at));
        for (int turn = 0; turn < _size.Appends; turn++)
        {
            OnEach(logs, (partition, at) => partition.Append(at, turn));
            if (turn % 10 == 7)
            {
                await UseInBetweenAsync(log, logs, turn).ConfigureAwait(false);
            }
        }

        OnEach(logs, (partition, at) => partition.Roll(at, _machine.Time.GetUtcNow().ToUnixTimeMilliseconds()));
        OnEach(logs, (partition, at) => partition.Trim(at));
        await ChangeTopicsAsync(log).ConfigureAwait(false);
        _machine.Time.Advance(TimeSpan.FromSeconds(3));
        OnEach(logs, (partition, at) => partition.Read(at));
    }

    private async Task UseInBetweenAsync(CommitLog log, PartitionLog[] logs, int turn)
    {
        for (int i = 0; i < logs.Length; i++)
        {
            await _partitions[i].FlushAsync(logs[i]).ConfigureAwait(false);
            await _commits[i].CommitAsync(log.Offsets, logs[i], flush: turn % 20 == 7).ConfigureAwait(false);
        }
    }

    private void OnEach(PartitionLog[] logs, Action<FaultedPartition, PartitionLog> action)
    {
        for (int i = 0; i < logs.Length; i++)
        {
            action(_partitions[i], logs[i]);
        }
    }

    /// <summary>Makes the other topic, deletes it, and makes it again.</summary>
    private async Task ChangeTopicsAsync(CommitLog log)
    {
        if (!log.TryGetTopic(Brief, out _))
        {
            await MakeBriefAsync(log).ConfigureAwait(false);
        }

        if (log.TryGetTopic(Brief, out _))
        {
            bool done = await _calls.TryAsync(() => log.DeleteTopicAsync(Brief)).ConfigureAwait(false);
            _hasBrief = done ? false : null;
        }

        await MakeBriefAsync(log).ConfigureAwait(false);
    }

    private async Task MakeBriefAsync(CommitLog log)
    {
        TopicOptions options = FaultedPartition.Options(partitions: 1, round: 0);
        Topic? made = await _calls.MakeAsync(() => log.EnsureTopicAsync(Brief, options)).ConfigureAwait(false);
        _hasBrief = made is not null ? true : null;
        if (made is not null)
        {
            _calls.Try(() => made[0].Append(new RawRecord(new byte[10])));
        }
    }

    private void CheckOn(SimulatedPlatform machine, bool lostPower)
    {
        for (int opening = 0; opening < 2; opening++)
        {
            CommitLog log = machine.Run(OpenAsync(machine.Platform));
            bool hasMain = log.TryGetTopic(Main, out Topic? topic);
            if (_hasMain && !hasMain)
            {
                throw new ModelViolationException("The topic is gone.");
            }

            if (_hasBrief is { } expected && log.TryGetTopic(Brief, out _) != expected)
            {
                throw new ModelViolationException(expected ? "A topic is gone." : "A deleted topic is back.");
            }

            for (int i = 0; i < (topic?.Partitions.Count ?? 0) && opening == 0; i++)
            {
                _commits[i].Check(log.Offsets, topic!.Partitions[i].Log, lostPower);
                _partitions[i].Check(topic.Partitions[i].Log, lostPower);
            }

            machine.Run(log.DisposeAsync());
            machine.Scheduler.RunUntilIdle();
            RequireNothingOpen(machine);
        }
    }

    private static void RequireNothingOpen(SimulatedPlatform machine)
    {
        if (machine.Disk.OpenFiles.Any() || machine.Disk.LiveMaps.Any())
        {
            throw new ModelViolationException(
                $"These files stay open: {string.Join(", ", machine.Disk.OpenFiles)}, "
                + $"these mapped: {string.Join(", ", machine.Disk.LiveMaps)}.");
        }

        if (machine.Disk.Violations.Any())
        {
            throw new ModelViolationException(string.Join(", ", machine.Disk.Violations));
        }
    }
}
