using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.PowerFail;

/// <summary>The lives of one file system; each ends with a loss of power.</summary>
internal sealed class PowerFailStory : IDisposable
{
    private const int MinLives = 3;
    private const int MaxLives = 8;
    private const int Mebibytes = 64;

    /// <summary>The smallest size that mkfs.xfs accepts; most of it stays a hole in the image.</summary>
    private const int XfsMebibytes = 300;

    private const int Aborted = 134;
    private const int BusError = 135;

    private static readonly TimeSpan s_longestWork = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_longestOpening = TimeSpan.FromMilliseconds(120);
    private static readonly TimeSpan s_longestAftermath = TimeSpan.FromMilliseconds(40);

    private readonly TortureRun _run;
    private readonly int _seed;
    private readonly string _type;
    private readonly ScratchDirectory _scratch;
    private readonly LoadHistory _history;
    private readonly Random _random;
    private readonly bool _trimmed;
    private readonly Volume _volume;
    private int _life;

    public PowerFailStory(TortureRun run, int seed, string type, ScratchDirectory scratch, LoadHistory history)
    {
        _run = run;
        _seed = seed;
        _type = type;
        _scratch = scratch;
        _history = history;
        _random = new Random(seed);
        _trimmed = _random.Next(2) == 0;
        _volume = Volume.Create(
            type,
            type == "xfs" ? XfsMebibytes : Mebibytes,
            scratch["image"],
            scratch["mount"],
            sharesBlocks: (seed & 2) == 0);
    }

    private string LogDirectory => Path.Combine(_volume.Path, "log");

    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public async Task PlayAsync()
    {
        int rounds = _random.Next(MinLives, MaxLives + 1);
        for (int round = 0; round < rounds && !_run.IsOver; round++)
        {
            await LiveAsync(opensOnly: false);

            // The power is lost again during the recovery, perhaps more than once.
            while (_random.Next(3) == 0)
            {
                await LiveAsync(opensOnly: true);
            }

            Check();
        }

        _run.Add("volumes", 1);
        _run.Add("acknowledged", _history.AcknowledgedRecords);
        _run.Add("flush-acknowledgements", _history.FlushAcknowledgements);
        _run.Add("commits", _history.Commits);
    }

    public void Dispose() => _volume.Dispose();

    private async Task LiveAsync(bool opensOnly)
    {
        _history.Tolerate();
        using LoadProcess child = LoadProcess.Start(_scratch["errors"]);
        LoadOrder order = new(LogDirectory, _seed, _life++, _trimmed, opensOnly);
        await child.OrderAsync(order, _history, _run.Stop);
        await child.WaitForAsync(LoadMessageKind.Opening, _run.Stop);
        if (opensOnly || _random.Next(8) == 0)
        {
            await Moment.PassAsync(_random.NextDouble() * s_longestOpening, _run.Stop);
        }
        else
        {
            await WorkAsync(child);
        }

        _history.ThrowIfBroken();
        _history.Tolerate(LoadFailure.PartitionFailed, LoadFailure.DiskFull, LoadFailure.Other);
        _history.NotePowerGoes();
        _volume.Shutdown();
        _history.Tell("the power is gone");

        // No answer of the system may make the child acknowledge anything as flushed now.
        await Moment.PassAsync(_random.NextDouble() * s_longestAftermath, _run.Stop);
        child.Kill();

        // On xfs the system then ends a process that stores to a map: no program can handle that.
        await child.EndAsync(mayDie: _type == "xfs");
        _history.Tell($"the child has ended with {child.ExitCode}");
        _run.Add("ended-by-the-system", child.ExitCode is Aborted or BusError ? 1 : 0);
        _volume.Remount(_scratch["image-before-check"]);
        _run.NoteUnits(1);
        _run.Add("ext4", _type == "ext4" ? 1 : 0);
        _run.Add("xfs", _type == "xfs" ? 1 : 0);
    }

    private async Task WorkAsync(LoadProcess child)
    {
        if (!await child.WaitForAsync(LoadMessageKind.Opened, _run.Stop))
        {
            throw new LoadViolationException($"The log could not be opened. {child.Errors}");
        }

        await Moment.PassAsync(_random.NextDouble() * s_longestWork, _run.Stop);
        if (_random.Next(6) == 0)
        {
            child.OrderClose();
            await child.WaitForAsync(LoadMessageKind.Closing, _run.Stop);
            await Moment.PassAsync(_random.NextDouble() * s_longestAftermath, _run.Stop);
        }
    }

    private void Check()
    {
        if (!Directory.Exists(LogDirectory))
        {
            return;
        }

        LoadChecker found = LoadChecker.Check(LogDirectory, _history, LoadLoss.Unflushed);
        _run.Add("found", found.Found);
        _run.Add("copied", found.Copied);
        _run.Add("lost-unflushed", found.Lost);
        _run.Add("torn-bytes", found.TornBytes);
    }
}
