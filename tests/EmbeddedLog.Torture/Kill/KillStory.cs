using System.Diagnostics;
using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Kill;

/// <summary>The lives of one directory.</summary>
internal sealed class KillStory : IAsyncDisposable
{
    private static readonly TimeSpan s_longestWork = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longestOpening = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_longestClosing = TimeSpan.FromMilliseconds(12);

    private readonly TortureRun _run;
    private readonly int _seed;
    private readonly ScratchDirectory _scratch;
    private readonly Random _random;
    private readonly LoadHistory _history = new();
    private readonly bool _trimmed;

    /// <summary>The child of the next life, which starts while the log of the last one is checked.</summary>
    private LoadProcess _next;

    /// <summary>How long the last opening took: kills during one are spread over it.</summary>
    private TimeSpan _openingTime = TimeSpan.FromMilliseconds(30);

    public KillStory(TortureRun run, int seed, ScratchDirectory scratch)
    {
        _run = run;
        _seed = seed;
        _scratch = scratch;
        _random = new Random(seed);
        _trimmed = _random.Next(4) > 0;
        _next = StartChild();
    }

    private string LogDirectory => _scratch["log"];

    /// <summary>Plays that many lives.</summary>
    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public async Task PlayAsync(int lives)
    {
        for (int life = 0; life < lives && !_run.IsOver; life++)
        {
            using LoadProcess child = _next;
            await LiveAsync(child, life);
            _next = StartChild();
            _history.ThrowIfBroken();
            if (life == lives - 1 || _random.Next(3) > 0)
            {
                Check();
            }
        }

        _run.Add("directories", 1);
        _run.Add("acknowledged", _history.AcknowledgedRecords);
        _run.Add("flush-acknowledgements", _history.FlushAcknowledgements);
        _run.Add("commits", _history.Commits);
    }

    /// <summary>The whole story of a violation.</summary>
    public string Describe(LoadViolationException violation) =>
        $"{violation.Message}{Environment.NewLine}{_history}  evidence: {_scratch.Path}";

    public ValueTask DisposeAsync()
    {
        _next.Dispose();
        return ValueTask.CompletedTask;
    }

    private LoadProcess StartChild() => LoadProcess.Start(_scratch["errors"]);

    private async Task LiveAsync(LoadProcess child, int life)
    {
        KillEnding ending = _random.Next(20) switch
        {
            < 5 => KillEnding.Opening,
            < 8 => KillEnding.Closing,
            < 9 => KillEnding.Never,
            _ => KillEnding.Working,
        };
        await child.OrderAsync(new LoadOrder(LogDirectory, _seed, life, _trimmed), _history, _run.Stop);
        await child.WaitForAsync(LoadMessageKind.Opening, _run.Stop);
        long start = Stopwatch.GetTimestamp();
        if (ending == KillEnding.Opening)
        {
            await Moment.PassAsync(_random.NextDouble() * 1.5 * _openingTime, _run.Stop);
        }
        else
        {
            await WorkAsync(child, start, ending);
        }

        if (ending != KillEnding.Never)
        {
            child.Kill();
            _history.Tell($"killed ({ending})");
            _run.NoteUnits(1);
        }

        await child.EndAsync();
    }

    private async Task WorkAsync(LoadProcess child, long start, KillEnding ending)
    {
        if (!await child.WaitForAsync(LoadMessageKind.Opened, _run.Stop))
        {
            throw new LoadViolationException("The log could not be opened.");
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        _openingTime = time < s_longestOpening ? time : s_longestOpening;
        await Moment.PassAsync(_random.NextDouble() * s_longestWork, _run.Stop);
        if (ending == KillEnding.Working)
        {
            return;
        }

        child.OrderClose();
        await child.WaitForAsync(LoadMessageKind.Closing, _run.Stop);
        if (ending == KillEnding.Closing)
        {
            await Moment.PassAsync(_random.NextDouble() * s_longestClosing, _run.Stop);
        }
    }

    private void Check()
    {
        if (!Directory.Exists(LogDirectory))
        {
            // The child was killed before the log was created.
            return;
        }

        LoadChecker found = LoadChecker.Check(LogDirectory, _history, LoadLoss.None);
        _run.Add("checks", 1);
        _run.Add("found", found.Found);
        _run.Add("copied", found.Copied);
        _run.Add("torn-bytes", found.TornBytes);
    }
}
