using System.Diagnostics;
using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Liar;

/// <summary>
/// The rounds of one device: each has a life that ends with a failing flush, and mostly one that continues from there.
/// </summary>
internal sealed class LiarStory : IDisposable
{
    private const int MaxRounds = 4;

    /// <summary>The memory beside that of the image.</summary>
    private const long SpareBytes = 1 << 20;

    private static readonly TimeSpan s_longestWork = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longestAftermath = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    private readonly TortureRun _run;
    private readonly int _seed;
    private readonly ScratchDirectory _scratch;
    private readonly LoadHistory _history;
    private readonly Random _random;
    private readonly bool _trimmed;
    private readonly MemoryMount _memory;
    private readonly Volume _volume;
    private int _life;
    private long _failuresBefore;

    public LiarStory(TortureRun run, int seed, string type, ScratchDirectory scratch, LoadHistory history)
    {
        _run = run;
        _seed = seed;
        _scratch = scratch;
        _history = history;
        _random = new Random(seed);
        _trimmed = _random.Next(2) == 0;
        int mebibytes = type == "xfs" ? 300 : 64;
        _memory = new MemoryMount(scratch["memory"], ((long)mebibytes << 20) + SpareBytes);
        try
        {
            _volume = Volume.Create(
                type,
                mebibytes,
                Path.Combine(_memory.Path, "image"),
                scratch["mount"],
                canFail: true,
                sharesBlocks: (seed & 2) == 0);
        }
        catch
        {
            _memory.Dispose();
            throw;
        }
    }

    private string LogDirectory => Path.Combine(_volume.Path, "log");

    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public async Task PlayAsync()
    {
        int rounds = _random.Next(1, MaxRounds + 1);
        for (int round = 0; round < rounds && !_run.IsOver; round++)
        {
            await (_random.Next(3) == 0 ? FailFlushAsync() : FailDeviceAsync());

            // Mostly with the page cache kept; sometimes from the device alone, as after a loss of power.
            if (_random.Next(4) > 0)
            {
                await GoOnAsync();
            }

            _volume.Shutdown();
            _volume.Remount(_scratch["image-before-check"]);
            Check();
            _run.NoteUnits(1);
        }

        _run.Add("acknowledged", _history.AcknowledgedRecords);
        _run.Add("flush-acknowledgements", _history.FlushAcknowledgements);
        _run.Add("commits", _history.Commits);
    }

    public void Dispose()
    {
        _volume.Dispose();
        _memory.Dispose();
    }

    /// <summary>A life in which the device begins to refuse new blocks.</summary>
    private async Task FailDeviceAsync()
    {
        _volume.Trim();
        using LoadProcess child = LoadProcess.Start(_scratch["errors"]);
        await OpenAsync(child);
        await Moment.PassAsync(_random.NextDouble() * s_longestWork, _run.Stop);
        _history.ThrowIfBroken();
        ExpectFailures();
        Ballast ballast = new(_memory.Path);
        try
        {
            ballast.AddAll();
            _history.Tell("the device takes nothing new");
            await WaitForFailureAsync();
            await EndAsync(child);
        }
        finally
        {
            ballast.RemoveAll();
        }

        _history.Tell("the device works again");
        _run.Add("failing-devices", 1);
    }

    /// <summary>A life in which one flush and all later ones fail.</summary>
    private async Task FailFlushAsync()
    {
        ExpectFailures();

        // strace counts the calls of each thread separately.
        string inject = $"inject=fdatasync:error=EIO:when={_random.Next(1, 12)}+";
        using LoadProcess child = LoadProcess.Start(
            _scratch["errors"], "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", inject);
        if (await TryOpenAsync(child))
        {
            await WaitForFailureAsync();
        }

        await EndAsync(child);
        _run.Add("failing-flushes", 1);
    }

    /// <summary>A life that opens the log from the page cache and continues.</summary>
    private async Task GoOnAsync()
    {
        long unflushed = _history.UnflushedRecords;
        _history.Tolerate();
        using LoadProcess child = LoadProcess.Start(_scratch["errors"]);
        if (_volume.IsReadOnly || !await TryOpenAsync(child))
        {
            if (!_volume.IsReadOnly)
            {
                throw new LoadViolationException($"The log could not be opened. {child.Errors}");
            }

            // No life can continue here; the device is checked all the same.
            child.Kill();
            await child.EndAsync();
            _history.Tell("the file system has made itself read-only");
            _run.Add("made-read-only", 1);
            return;
        }

        await Moment.PassAsync(_random.NextDouble() * s_longestWork, _run.Stop);
        await EndAsync(child);
        _run.Add("openings-over-the-cache", 1);
        _run.Add("unflushed-before", unflushed);
    }

    private async Task OpenAsync(LoadProcess child)
    {
        if (!await TryOpenAsync(child))
        {
            throw new LoadViolationException($"The log could not be opened. {child.Errors}");
        }
    }

    private async Task<bool> TryOpenAsync(LoadProcess child)
    {
        await child.OrderAsync(new LoadOrder(LogDirectory, _seed, _life++, _trimmed), _history, _run.Stop);
        return await child.WaitForAsync(LoadMessageKind.Opened, _run.Stop);
    }

    private async Task EndAsync(LoadProcess child)
    {
        await Moment.PassAsync(_random.NextDouble() * s_longestAftermath, _run.Stop);
        child.Kill();
        await child.EndAsync();
        _history.Tell("killed");
        _history.ThrowIfBroken();
    }

    /// <summary>There are many flushes each second, so one fails soon.</summary>
    private async Task WaitForFailureAsync()
    {
        long start = Stopwatch.GetTimestamp();
        while (_history.Failures(LoadFailure.PartitionFailed) == _failuresBefore)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience.Limit)
            {
                throw new LoadViolationException($"No flush has failed for {Patience.Limit}.");
            }

            await Task.Delay(s_look, _run.Stop);
        }
    }

    private void ExpectFailures()
    {
        _failuresBefore = _history.Failures(LoadFailure.PartitionFailed);
        _history.Tolerate(LoadFailure.PartitionFailed, LoadFailure.DiskFull, LoadFailure.Other);
    }

    private void Check()
    {
        LoadChecker found = LoadChecker.Check(LogDirectory, _history, LoadLoss.Unflushed);
        _run.Add("found", found.Found);
        _run.Add("copied", found.Copied);
        _run.Add("lost-unflushed", found.Lost);
        _run.Add("torn-bytes", found.TornBytes);
    }
}
