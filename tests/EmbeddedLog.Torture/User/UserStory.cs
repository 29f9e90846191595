using System.Diagnostics;
using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.User;

/// <summary>The lives of one directory, each with different troubles, each ended by closing.</summary>
internal sealed class UserStory(TortureRun run, int seed, ScratchDirectory scratch)
{
    private static readonly TimeSpan s_longestWork = TimeSpan.FromMilliseconds(900);

    /// <summary>Long enough for many flushes.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private static readonly UserTroubles[] s_troubles =
    [
        UserTroubles.Logger, UserTroubles.Clock, UserTroubles.Serializers, UserTroubles.Progress,
        UserTroubles.Handles, UserTroubles.Pool,
    ];

    /// <summary>
    /// Compiled only once: the runtime starts a thread when it recompiles code, and ends the process if there is no
    /// handle for the thread ("Out of memory.", or a <c>PAL_SEHException</c>).
    /// </summary>
    private static readonly string[] s_environment = ["env", "DOTNET_TieredCompilation=0"];

    private readonly Random _random = new(seed);
    private readonly LoadHistory _history = new();
    private readonly bool _trimmed = seed % 3 > 0;

    private string LogDirectory => scratch["log"];

    /// <summary>Plays that many lives, unless the directory is removed before.</summary>
    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public async Task PlayAsync(int lives)
    {
        for (int life = 0; life < lives && !run.IsOver; life++)
        {
            UserTroubles troubles = Choose();
            _history.Tell($"troubles: {troubles}");
            _history.Tolerate(Tolerated(troubles));
            await LiveAsync(life, troubles);
            run.NoteUnits(1);
            _history.ThrowIfBroken();
            if (troubles.HasFlag(UserTroubles.Removed))
            {
                break;
            }

            Check();
        }

        run.Add("directories", 1);
        run.Add("acknowledged", _history.AcknowledgedRecords);
        run.Add("flush-acknowledgements", _history.FlushAcknowledgements);
        run.Add("without-handles", _history.Failures(LoadFailure.NoHandles));
        run.Add("directories-gone", _history.Failures(LoadFailure.DirectoryGone));
    }

    /// <summary>The whole story of a violation.</summary>
    public string Describe(LoadViolationException violation) =>
        $"{violation.Message}{Environment.NewLine}{_history}  evidence: {scratch.Path}";

    /// <summary>A few at once, one of them alone now and then; at most one thing happens to the directory.</summary>
    private UserTroubles Choose()
    {
        UserTroubles chosen = UserTroubles.Sizes;
        foreach (UserTroubles each in s_troubles)
        {
            chosen |= _random.Next(3) == 0 ? each : UserTroubles.None;
        }

        return chosen | _random.Next(8) switch
        {
            0 => UserTroubles.Removed,
            1 or 2 => UserTroubles.Moved,
            _ => UserTroubles.None,
        };
    }

    private static LoadFailure[] Tolerated(UserTroubles troubles) =>
    [
        .. troubles.HasFlag(UserTroubles.Handles) ? [LoadFailure.NoHandles] : Array.Empty<LoadFailure>(),
        .. troubles.HasFlag(UserTroubles.Removed) ? [LoadFailure.FileGone] : Array.Empty<LoadFailure>(),
        .. (troubles & (UserTroubles.Moved | UserTroubles.Removed)) != 0
            ? [LoadFailure.DirectoryGone]
            : Array.Empty<LoadFailure>(),
    ];

    private async Task LiveAsync(int life, UserTroubles troubles)
    {
        using LoadProcess child = LoadProcess.Start(scratch["errors"], s_environment);
        LoadOrder order = new(LogDirectory, seed, life, _trimmed, Troubles: troubles);
        await child.OrderAsync(order, _history, run.Stop);
        if (!await child.WaitForAsync(LoadMessageKind.Opened, run.Stop))
        {
            await child.EndAsync();
            throw new LoadViolationException("The log could not be opened.");
        }

        await Moment.PassAsync(_random.NextDouble() * s_longestWork, run.Stop);
        if (troubles.HasFlag(UserTroubles.Moved))
        {
            Move();
        }
        else if (troubles.HasFlag(UserTroubles.Removed))
        {
            Remove();
            if (!order.HoldsPool)
            {
                // The regular check of the directory runs on the pool.
                await WaitUntilGoneAsync();
            }
        }

        await Moment.PassAsync(_random.NextDouble() * s_longestWork, run.Stop);
        child.OrderClose();
        await child.EndAsync();
        if (troubles.HasFlag(UserTroubles.Moved))
        {
            MoveBack();
        }
    }

    /// <summary>Removes the directory with its contents, while its owner creates new files in it.</summary>
    private void Remove()
    {
        while (Directory.Exists(LogDirectory))
        {
            try
            {
                Directory.Delete(LogDirectory, recursive: true);
            }
            catch (IOException)
            {
                // A file was created after the listing. The log finds that its directory is gone, and stops.
            }
        }

        _history.Tell("the directory was removed");
    }

    /// <summary>
    /// Waits until the child has reported that its directory or a file is gone, and acknowledges no more flushes.
    /// </summary>
    private async Task WaitUntilGoneAsync()
    {
        long start = Stopwatch.GetTimestamp();
        long flushed = -1;
        while (!IsGoneTold || flushed != _history.FlushAcknowledgements)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience.Limit)
            {
                throw new LoadViolationException(
                    $"The directory was removed, and after {Patience.Limit} the log has "
                    + (IsGoneTold ? "acknowledged another flush." : "not told of it."));
            }

            flushed = _history.FlushAcknowledgements;
            await Moment.PassAsync(s_pause, run.Stop);
        }
    }

    private bool IsGoneTold =>
        _history.Failures(LoadFailure.DirectoryGone) + _history.Failures(LoadFailure.FileGone) > 0;

    /// <summary>Moves the log away while it is owned, and creates another one at its path.</summary>
    private void Move()
    {
        Directory.Move(LogDirectory, scratch["moved"]);
        using CommitLog other = CommitLog.Open(LogDirectory);
        Topic topic = other.CreateTopicAsync(LoadTopic.All[0].Name).AsTask().GetAwaiter().GetResult();
        topic[0].Append(new RawRecord("other"u8));
        _history.Tell("the directory was moved, and another log was made at its path");
    }

    /// <summary>Checks that the other log is unchanged, and puts the first one back.</summary>
    private void MoveBack()
    {
        try
        {
            using CommitLog other = CommitLog.Open(LogDirectory);
            if (other.Topics is not [{ Partitions: [{ EndOffset: 1 }] }])
            {
                throw new LoadViolationException("The log at the old path has records of the one that was moved.");
            }
        }
        catch (EmbeddedLogException damage)
        {
            throw new LoadViolationException($"The log at the old path was damaged by the moved one: {damage}");
        }

        Directory.Delete(LogDirectory, recursive: true);
        Directory.Move(scratch["moved"], LogDirectory);
    }

    private void Check()
    {
        LoadChecker found = LoadChecker.Check(LogDirectory, _history, LoadLoss.None);
        run.Add("checks", 1);
        run.Add("found", found.Found);
    }
}
