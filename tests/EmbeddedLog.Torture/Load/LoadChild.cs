using EmbeddedLog.IO.Linux;
using EmbeddedLog.Torture.Load.Producers;
using EmbeddedLog.Torture.User;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// One life of a log: waits for its order, opens, appends and reads with several producers and groups, reports all
/// acknowledgements, and continues until it is killed or has to close.
/// </summary>
internal sealed class LoadChild : ITortureChild
{
    /// <summary>The child's name.</summary>
    public const string ChildName = "load";

    /// <summary>The line that orders it to close the log.</summary>
    public const string CloseLine = "close";

    private const int MinThreads = 32;
    private const int StarvedThreads = 2;

    public string Name => ChildName;

    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        using LoadReport report = new();
        report.Ready();
        if (await Console.In.ReadLineAsync() is not { } line)
        {
            return 0;
        }

        LoadOrder order = LoadOrder.Parse(line);
        if (order.Troubles.HasFlag(UserTroubles.Pool))
        {
            ThreadPool.SetMinThreads(StarvedThreads, StarvedThreads);
            ThreadPool.SetMaxThreads(StarvedThreads, MinThreads);
        }
        else
        {
            // A producer that never waits occupies a thread, and the log needs threads too.
            ThreadPool.SetMinThreads(MinThreads, MinThreads);
        }

        Random random = new(HashCode.Combine(order.Seed, order.Life));
        UserEnvironment user = new(order, report);
        report.Tell(LoadMessageKind.Opening);
        CommitLog log;
        try
        {
            log = await OpenAsync(order, random, user);
        }
        catch (EmbeddedLogException failure)
        {
            report.Tell(LoadMessageKind.OpenFailed, failure.ToString(), LoadReport.KindOf(failure));
            return 0;
        }

        report.Tell(LoadMessageKind.Opened);
        if (order.OpensOnly)
        {
            await Console.In.ReadLineAsync();
            await log.DisposeAsync();
            return 0;
        }

        await LiveAsync(log, report, order, random, user);
        return 0;
    }

    private static async Task<CommitLog> OpenAsync(LoadOrder order, Random random, UserEnvironment user)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxFileSystem.MinFlushedTogether = 2;
        }

        CommitLog log = await CommitLog.OpenAsync(order.Directory, user.Equip(new CommitLogOptions
        {
            MaxOpenSegments = random.Next(1, 32),
            RetentionCheckInterval = TimeSpan.FromMilliseconds(random.Next(1, 20)),
        }));
        try
        {
            foreach (int place in LoadTopic.PlacesOf(order.Troubles))
            {
                LoadTopic topic = LoadTopic.All[place];
                await log.EnsureTopicAsync(topic.Name, topic.Options(random, order.Trimmed));
            }

            return log;
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }

    private static async Task LiveAsync(
        CommitLog log, LoadReport report, LoadOrder order, Random random, UserEnvironment user)
    {
        // Reading a console blocks a thread, and the pool may have only two. This thread is started first, because
        // without free handles no thread can be started.
        using ManualResetEventSlim begun = new();
        Task ended = Task.Factory.StartNew(
            () => WaitForEnd(log, report, begun, closes: order.HoldsPool),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        using CancellationTokenSource stop = new();
        LoadWork work = new(log, report, order.Life, order.Seed, stop.Token);
        LoadConsumer[] consumers =
        [
            .. Enumerable.Range(0, LoadGroup.All.Count)
                .Where(place => LoadTopic.PlacesOf(order.Troubles).Contains(LoadGroup.All[place].Topic))
                .Select(place => new LoadConsumer(work, place)),
        ];
        LoadProducer[] producers =
            [.. LoadProducers.Create(work), .. LoadProducers.Create(work, order, user.Mood)];
        Task[] workers =
        [
            .. producers.Select(producer => Start(producer.RunAsync, report)),
            .. consumers.Select(consumer => Start(consumer.RunAsync, report)),
            .. user.Begin(work).Select(worker => Start(worker, report)),
        ];

        begun.Set();
        await ended;

        // Every other life closes the log while it is used.
        if (random.Next(2) == 0)
        {
            await stop.CancelAsync();
            await Task.WhenAll(workers);
        }

        report.Tell(LoadMessageKind.Closing);
        await CloseAsync(log, report);
        report.Tell(LoadMessageKind.Closed);
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        foreach (LoadConsumer consumer in consumers)
        {
            await consumer.DisposeAsync();
        }
    }

    /// <summary>
    /// Waits until the parent ends the life, and closes the log on this thread if the pool is blocked until then.
    /// </summary>
    private static void WaitForEnd(CommitLog log, LoadReport report, ManualResetEventSlim begun, bool closes)
    {
        // The input ends if the parent is gone: then this life ends too.
        if (Console.In.ReadLine() is null)
        {
            Environment.Exit(0);
        }

        if (!closes)
        {
            return;
        }

        // The users of the log are created by the other thread.
        begun.Wait();
        report.Tell(LoadMessageKind.Closing);
        try
        {
            log.Dispose();
        }
        catch (Exception failure) when (failure is EmbeddedLogException or AggregateException)
        {
            TellClosing(failure, report);
        }

        report.Tell(LoadMessageKind.Closed);
    }

    /// <summary>Closes the log, perhaps for the second time.</summary>
    private static async Task CloseAsync(CommitLog log, LoadReport report)
    {
        try
        {
            await log.DisposeAsync();
        }
        catch (Exception failure) when (failure is EmbeddedLogException or AggregateException)
        {
            TellClosing(failure, report);
        }
    }

    /// <summary>Reports the exception of a closing: the mode knows whether closing may fail in this life.</summary>
    private static void TellClosing(Exception failure, LoadReport report)
    {
        foreach (Exception each in failure is AggregateException several ? several.InnerExceptions : [failure])
        {
            report.Tell(LoadMessageKind.Note, $"closing: {each}", LoadReport.KindOf(each));
        }
    }

    /// <summary>Not on the caller's thread: a producer that never waits would never return it.</summary>
    private static Task Start(Func<Task> worker, LoadReport report) => Task.Factory.StartNew(
        async () =>
        {
            try
            {
                await worker();
            }
#pragma warning disable CA1031 // Whatever the library must not throw is to be told, with where it came from.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                report.Tell(LoadMessageKind.Violation, failure.ToString());
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default).Unwrap();
}
