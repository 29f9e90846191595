using EmbeddedLog.Torture.Load;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// The child's side of the troubles: the objects given to a life's log, and the work beside its load.
/// </summary>
internal sealed class UserEnvironment
{
    private readonly UserTroubles _troubles;
    private readonly LoadReport _report;

    /// <summary>The path of copies of the log, before their number.</summary>
    private readonly string _copies;

    public UserEnvironment(LoadOrder order, LoadReport report)
    {
        _troubles = order.Troubles;
        _report = report;
        _copies = $"{order.Directory}-copy-{order.Life}-";
        Mood = new Mood(HashCode.Combine(order.Seed, order.Life));
        AppDomain.CurrentDomain.UnhandledException += (_, failure) =>
            report.Tell(LoadMessageKind.Violation, $"Nobody has caught: {failure.ExceptionObject}");
        TaskScheduler.UnobservedTaskException += (_, failure) =>
            report.Tell(LoadMessageKind.Violation, $"Nobody could observe: {failure.Exception}");
    }

    /// <summary>The mood of the user's code in this life.</summary>
    public Mood Mood { get; }

    /// <summary>Gives the log the logger and the clock of this life.</summary>
    public CommitLogOptions Equip(CommitLogOptions options)
    {
        if (_troubles.HasFlag(UserTroubles.Logger))
        {
            options.LoggerFactory = new MoodyLogger(Mood);
        }

        if (_troubles.HasFlag(UserTroubles.Clock))
        {
            options.TimeProvider = new MoodyClock(Mood);
        }

        return options;
    }

    /// <summary>The work that runs until the life is over; the user's code may call the log from now on.</summary>
    public IEnumerable<Func<Task>> Begin(LoadWork work)
    {
        Mood.Reenter = () => CallBack(work.Log);
        if (_troubles.HasFlag(UserTroubles.Progress))
        {
            yield return () => VerifyAsync(work);
            yield return () => BackUpAsync(work);
        }

        if (_troubles.HasFlag(UserTroubles.Serializers))
        {
            yield return new MoodyReader(work, Mood, _report).RunAsync;
        }

        if (_troubles.HasFlag(UserTroubles.Handles))
        {
            // Last: each of the others starts with a new thread, which takes handles.
            yield return () => HandleFamine.RunAsync(work.RandomOf(2000), work.Stop);
        }
    }

    /// <summary>The calls that a user's code may make from inside the library: read, append, create a topic.</summary>
    private void CallBack(CommitLog log)
    {
        try
        {
            switch (Mood.Next(4))
            {
                case 0:
                    log.GetPins();
                    break;
                case 1:
                    _ = log.Topics.Sum(topic => topic.Partitions.Sum(partition => partition.SizeBytes));
                    break;
                case 2:
                    // Not awaited: waiting inside a callback for work that follows it would never end.
                    _ = EnsureTopicAsync(log);
                    break;
                case 3:
                    using (PartitionScan scan = log.GetTopic(LoadTopic.All[1].Name)[0].Scan(
                        log.GetTopic(LoadTopic.All[1].Name)[0].StartOffset))
                    {
                        scan.TryRead(out _);
                    }

                    break;
            }
        }
        catch (Exception ended) when (ended is ObjectDisposedException or EmbeddedLogException)
        {
            // The log is being closed, retention was faster, or no handle is free.
        }
    }

    private static async Task EnsureTopicAsync(CommitLog log)
    {
        try
        {
            await log.EnsureTopicAsync(LoadTopic.All[0].Name);
        }
        catch (Exception ended) when (ended is ObjectDisposedException or EmbeddedLogException)
        {
            // As in the other calls.
        }
    }

    /// <summary>Verifies the log again and again, and reports each round's progress to code in a mood.</summary>
    private async Task VerifyAsync(LoadWork work)
    {
        while (!work.Stop.IsCancellationRequested)
        {
            try
            {
                VerifyReport report = await work.Log.VerifyAsync(
                    progress: new MoodyProgress<VerifyProgress>(Mood), cancellationToken: work.Stop);
                if (!report.IsIntact && !_troubles.HasFlag(UserTroubles.Removed))
                {
                    _report.Tell(
                        LoadMessageKind.Violation,
                        $"A sound log does not verify: {string.Join(Environment.NewLine, report.Findings)}");
                    return;
                }
            }
            catch (ObjectDisposedException)
            {
                // Retrying would hold a thread of the pool, which the closing of the log may need.
                return;
            }
            catch (Exception ended) when (ended is OperationCanceledException or UserCodeException
                || (ended is EmbeddedLogException && _troubles.HasFlag(UserTroubles.Handles)))
            {
                // The life is over, or the exception of the progress reached its user.
            }
        }
    }

    /// <summary>Copies the log again and again; each copy must open and verify.</summary>
    private async Task BackUpAsync(LoadWork work)
    {
        for (int number = 0; !work.Stop.IsCancellationRequested; number++)
        {
            string directory = _copies + number;
            try
            {
                await work.Log.BackupAsync(
                    directory, progress: new MoodyProgress<BackupProgress>(Mood), cancellationToken: work.Stop);
                await CheckCopyAsync(directory);
                Directory.Delete(directory, recursive: true);
            }
            catch (ObjectDisposedException)
            {
                // Retrying would hold a thread of the pool, which the closing of the log may need.
                return;
            }
            catch (Exception ended) when (ended is OperationCanceledException or UserCodeException
                || (ended is EmbeddedLogException or IOException && MayLackFiles))
            {
                // As in a verification. A partial copy is removed with the story's directory.
            }
        }
    }

    private async Task CheckCopyAsync(string directory)
    {
        await using CommitLog copy = await CommitLog.OpenAsync(directory);
        VerifyReport report = await copy.VerifyAsync();
        if (!report.IsIntact)
        {
            _report.Tell(
                LoadMessageKind.Violation,
                $"A copy does not verify: {string.Join(Environment.NewLine, report.Findings)}");
        }
    }

    private bool MayLackFiles =>
        (_troubles & (UserTroubles.Handles | UserTroubles.Removed | UserTroubles.Moved)) != 0;
}
