using EmbeddedLog.Torture.Load;

namespace EmbeddedLog.Torture.User;

/// <summary>The child's side of the troubles: what a life is equipped with, and what goes on beside its load.</summary>
internal sealed class UserEnvironment
{
    private readonly UserTroubles _troubles;
    private readonly LoadReport _report;

    public UserEnvironment(LoadOrder order, LoadReport report)
    {
        _troubles = order.Troubles;
        _report = report;
        Mood = new Mood(HashCode.Combine(order.Seed, order.Life));
        AppDomain.CurrentDomain.UnhandledException += (_, failure) =>
            report.Tell(LoadMessageKind.Violation, $"Nobody has caught: {failure.ExceptionObject}");
        TaskScheduler.UnobservedTaskException += (_, failure) =>
            report.Tell(LoadMessageKind.Violation, $"Nobody could observe: {failure.Exception}");
    }

    /// <summary>What the user's code in this life is like.</summary>
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

    /// <summary>What is to run until the life is over; the user's code may call the log from now on.</summary>
    public IEnumerable<Func<Task>> Begin(LoadWork work)
    {
        Mood.Reenter = () => CallBack(work.Log);
        if (_troubles.HasFlag(UserTroubles.Handles))
        {
            yield return () => HandleFamine.RunAsync(work.RandomOf(2000), work.Stop);
        }

        if (_troubles.HasFlag(UserTroubles.Progress))
        {
            yield return () => VerifyAsync(work);
        }

        if (_troubles.HasFlag(UserTroubles.Serializers))
        {
            yield return new MoodyReader(work, Mood, _report).RunAsync;
        }
    }

    /// <summary>What any user's code may do from inside the library: look around, append, ask for a topic.</summary>
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
                    // Not waited for: whoever waits inside a callback for what comes after it waits for ever.
                    _ = log.EnsureTopicAsync(LoadTopic.All[0].Name).AsTask();
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
            // The log is being closed, retention was faster, or there is no handle left.
        }
    }

    /// <summary>Has the log verified again and again, and each round's progress told to code in a mood.</summary>
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
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException
                or UserCodeException || (ended is EmbeddedLogException && _troubles.HasFlag(UserTroubles.Handles)))
            {
                // The life is over, or the progress's own failure came to its user.
            }
        }
    }
}
