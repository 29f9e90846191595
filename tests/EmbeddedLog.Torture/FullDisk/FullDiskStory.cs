using System.Diagnostics;
using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Load.Producers;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.FullDisk;

/// <summary>One file system, filled several times in one life of a log and once more after its end.</summary>
internal sealed class FullDiskStory : IDisposable
{
    private const int Fillings = 3;
    private const long PieceBytes = 6 << 20;
    private const long LeaveBytes = 5 << 20;
    private const int Mebibytes = 64;

    /// <summary>The smallest size that mkfs.xfs accepts.</summary>
    private const int XfsMebibytes = 300;

    /// <summary>
    /// btrfs keeps some space for itself and refuses every change while only that is left, also renames.
    /// </summary>
    private const int BtrfsMebibytes = 256;
    private const long BtrfsLeaveBytes = 32 << 20;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestFull = TimeSpan.FromMilliseconds(150);

    private readonly TortureRun _run;
    private readonly int _seed;
    private readonly string _type;
    private readonly ScratchDirectory _scratch;
    private readonly LoadHistory _history;
    private readonly Random _random;
    private readonly IDisposable _mount;
    private readonly Ballast _ballast;

    /// <summary>Freed only for the opening after the last filling.</summary>
    private readonly Ballast _reserve;

    private int _life;

    public FullDiskStory(TortureRun run, int seed, string type, ScratchDirectory scratch, LoadHistory history)
    {
        _run = run;
        _seed = seed;
        _type = type;
        _scratch = scratch;
        _history = history;
        _random = new Random(seed);
        string path = scratch["mount"];
        _mount = type switch
        {
            "tmpfs" => new MemoryMount(path, (long)Mebibytes << 20),
            "xfs" => Volume.Create(type, XfsMebibytes, scratch["image"], path, sharesBlocks: (seed & 4) == 0),
            "btrfs" => Volume.Create(type, BtrfsMebibytes, scratch["image"], path),
            _ => Volume.Create(type, Mebibytes, scratch["image"], path),
        };
        _ballast = new Ballast(path);
        _reserve = new Ballast(path);
    }

    private string LogDirectory => _scratch["mount/log"];

    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public async Task PlayAsync()
    {
        _reserve.AddOne(PieceBytes);
        _ballast.Add(PieceBytes, _type == "btrfs" ? BtrfsLeaveBytes : LeaveBytes);
        Tolerate();
        using (LoadProcess child = await StartAsync())
        {
            for (int filling = 0; filling < Fillings && !HasFailed; filling++)
            {
                await FillAsync(filling);
                await GiveBackAsync(all: filling == Fillings - 1);
            }

            await FillUpAsync();
            await EndAsync(child);
        }

        CheckWhileFull();
        _ballast.RemoveAll();
        _reserve.RemoveAll();
        Check();
        _run.Add("failed-by-a-flush", HasFailed ? 1 : 0);
        _history.Tolerate();
        using (LoadProcess child = await StartAsync())
        {
            await WaitForProgressAsync(() => { });
            await EndAsync(child);
        }

        Check();
        _run.Add(_type, 1);
        _run.Add("refused", _history.Failures(LoadFailure.DiskFull));
        _run.Add("acknowledged", _history.AcknowledgedRecords);
        _run.Add("flush-acknowledgements", _history.FlushAcknowledgements);
        _run.Add("commits", _history.Commits);
    }

    public void Dispose() => _mount.Dispose();

    /// <summary>Whether a flush has failed in the first life, as it may on btrfs.</summary>
    private bool HasFailed => _history.Failures(LoadFailure.PartitionFailed) > 0;

    /// <summary>
    /// btrfs writes overwritten blocks to another place, and may find only at the flush that there is no space for
    /// them. That flush fails and ends the partition; all acknowledged records must still be there.
    /// </summary>
    private void Tolerate() => _history.Tolerate(
        _type == "btrfs" ? [LoadFailure.DiskFull, LoadFailure.PartitionFailed] : [LoadFailure.DiskFull]);

    private async Task<LoadProcess> StartAsync()
    {
        LoadProcess child = LoadProcess.Start(_scratch["errors"]);
        LoadOrder order = new(LogDirectory, _seed, _life++, Trimmed: false);
        await child.OrderAsync(order, _history, _run.Stop);
        return await child.WaitForAsync(LoadMessageKind.Opened, _run.Stop)
            ? child
            : throw new LoadViolationException($"The log could not be opened. {child.Errors}");
    }

    /// <summary>Waits until appends are refused, and keeps the disk full for a moment.</summary>
    private async Task FillAsync(int filling)
    {
        long before = _history.Failures(LoadFailure.DiskFull);
        await WaitAsync(
            () => _history.Failures(LoadFailure.DiskFull) > before, $"The disk was not filled ({filling}).");
        await Task.Delay(_random.NextDouble() * s_longestFull, _run.Stop);
        _history.Tell("the disk is full");
        _run.Add("fillings", 1);
    }

    private async Task GiveBackAsync(bool all)
    {
        await WaitForProgressAsync(() =>
        {
            // The freed space may be used up again before every producer had its turn.
            if (all)
            {
                _ballast.RemoveAll();
            }
            else if (!_ballast.IsEmpty)
            {
                _ballast.RemoveOne();
            }
        });
        _history.Tell("all producers go on");
    }

    /// <summary>Takes the remaining space, to the last block.</summary>
    private async Task FillUpAsync()
    {
        _ballast.AddAll();
        await FillAsync(Fillings);
    }

    private async Task EndAsync(LoadProcess child)
    {
        if (_random.Next(2) == 0)
        {
            child.OrderClose();
        }
        else
        {
            child.Kill();
        }

        await child.EndAsync();
        _history.Tell("the life is over");
        _history.ThrowIfBroken();
    }

    /// <summary>
    /// Frees space, repeatedly if it is not enough, until each producer has an acknowledgement. Fast producers may use
    /// up all space before a slow one had its turn; then one producer that continued is enough.
    /// </summary>
    private async Task WaitForProgressAsync(Action giveSpace)
    {
        long[] before = [.. Enumerable.Range(0, LoadProducers.Count).Select(_history.AcknowledgedBy)];
        long refused = _history.Failures(LoadFailure.DiskFull);
        bool isUsedUp = false;
        giveSpace();
        await WaitAsync(
            () =>
            {
                int goneOn = Enumerable.Range(0, before.Length).Count(i => _history.AcknowledgedBy(i) > before[i]);
                if (_history.Failures(LoadFailure.DiskFull) > refused + LoadProducers.Count)
                {
                    // Until a producer continues these may be late messages about refusals of the full disk.
                    refused = _history.Failures(LoadFailure.DiskFull);
                    isUsedUp = _ballast.IsEmpty && goneOn > 0;
                    giveSpace();
                }

                return isUsedUp || goneOn == before.Length;
            },
            "Not every producer has gone on although there was space again.");
        _run.Add("used-up", isUsedUp ? 1 : 0);
    }

    private async Task WaitAsync(Func<bool> condition, string otherwise)
    {
        long start = Stopwatch.GetTimestamp();
        long heard = start;
        long told = _history.Messages;
        while (!condition() && (_life > 1 || !HasFailed))
        {
            _history.ThrowIfBroken();
            if (told != _history.Messages)
            {
                (told, heard) = (_history.Messages, Stopwatch.GetTimestamp());
            }

            if (Stopwatch.GetElapsedTime(heard) > Patience.Limit
                || Stopwatch.GetElapsedTime(start) > 2 * Patience.Limit)
            {
                throw new LoadViolationException(otherwise);
            }

            await Task.Delay(s_look, _run.Stop);
        }
    }

    /// <summary>
    /// A recovery needs space for the records that it copies; without that space it must fail and change nothing.
    /// </summary>
    private void CheckWhileFull()
    {
        try
        {
            Check();
        }
        catch (Exception full) when (full is DiskFullException or LogDirectoryException)
        {
            OpenHandles.ThrowIfAnyUnder(LogDirectory);
            _history.Tell($"not opened: {full.Message}");
            _run.Add("openings-refused", 1);
        }
    }

    private void Check()
    {
        LoadChecker found = LoadChecker.Check(LogDirectory, _history, LoadLoss.None);
        _run.Add("found", found.Found);
        _run.Add("copied", found.Copied);
        _run.Add("torn-bytes", found.TornBytes);
    }
}
