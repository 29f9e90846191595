using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Topics;

/// <summary>A topic is there whole or gone, whatever the file system refuses while it is deleted.</summary>
public sealed class TopicDeletionTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void DeleteTopicAsync_RenameFails_LeavesALogThatOpensWithTheTopic()
    {
        DeleteWhile(_machine, FaultKind.Rename);

        CommitLog log = _machine.Run(OpenLog.OnAsync(_machine));

        Topic there = log.GetTopic("topic");
        Assert.Equal(1, there[0].EndOffset);
        _machine.Run(log.DeleteTopicAsync("topic"));
        _machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void DeleteTopicAsync_NamesCannotBeSynced_LeavesTheWholeTopicOrNoneAfterAPowerLoss()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            using SimulatedPlatform before = new(seed);
            DeleteWhile(before, FaultKind.SyncDirectory);
            using SimulatedPlatform after = before.Crash(CrashKind.PowerLoss);

            CommitLog log = after.Run(OpenLog.OnAsync(after));

            Assert.True(!log.TryGetTopic("topic", out Topic? topic) || topic[0].EndOffset == 1, $"seed {seed}");
            after.Run(log.DisposeAsync());
        }
    }

    [Fact]
    public void DeleteTopicAsync_FailedOnce_IsMadeUpForBeforeTheNextTopicOfThatName()
    {
        FaultingFileSystem faults = new(_machine.Platform.Files);
        CommitLog log = _machine.Run(OpenLog.OnAsync(_machine.Platform with { Files = faults }));
        _machine.Run(log.CreateTopicAsync("topic"));
        long next = faults.CountOf(FaultKind.Rename) + 2;
        faults.Fail(FaultKind.Rename, next, FileSystemError.DeviceFailure);
        Assert.Throws<LogIOException>(() => _machine.Run(log.DeleteTopicAsync("topic")));
        Topic second = _machine.Run(log.CreateTopicAsync("topic"));
        _machine.Run(log.DisposeAsync());

        CommitLog again = _machine.Run(OpenLog.OnAsync(_machine));

        Assert.Equal(second.Stored.Uid, Assert.Single(again.Topics).Stored.Uid);
        _machine.Run(again.DisposeAsync());
    }

    [Fact]
    public void DeleteTopicAsync_FilesInUse_DeletesTheTopicNowAndThemInALaterRound()
    {
        FaultingFileSystem faults = new(_machine.Platform.Files);
        CommitLogOptions options = new();
        CommitLog log = _machine.Run(OpenLog.OnAsync(_machine.Platform with { Files = faults }, options));
        Topic first = _machine.Run(log.CreateTopicAsync("topic"));
        first[0].Append(new RawRecord(new byte[10]));
        _machine.Run(first[0].FlushAsync());
        faults.Fail(InUse(faults));

        _machine.Run(log.DeleteTopicAsync("topic"));

        Assert.Empty(log.Topics);
        Topic second = _machine.Run(log.CreateTopicAsync("topic"));
        Assert.Equal(0, second[0].EndOffset);
        Assert.Equal(2, Directories(log).Count);
        Advance(options.RetentionCheckInterval);
        Assert.Equal(2, Directories(log).Count);

        faults.Clear();
        Advance(options.RetentionCheckInterval);
        Assert.Equal(Path.GetFileName(second.Stored.Directory), Assert.Single(Directories(log)));
        _machine.Run(log.DisposeAsync());
    }

    [Fact]
    public void DeleteTopicAsync_FilesInUseUntilTheNextOpening_KeepNeitherItNorTheLogFromOpening()
    {
        FaultingFileSystem faults = new(_machine.Platform.Files);
        Platform platform = _machine.Platform with { Files = faults };
        CommitLog log = _machine.Run(OpenLog.OnAsync(platform));
        _machine.Run(log.CreateTopicAsync("topic"));
        faults.Fail(InUse(faults));
        _machine.Run(log.DeleteTopicAsync("topic"));
        _machine.Run(log.DisposeAsync());

        CommitLog again = _machine.Run(OpenLog.OnAsync(platform));
        Assert.Empty(again.Topics);
        Assert.Single(Directories(again));
        faults.Clear();
        _machine.Run(again.DisposeAsync());
        Assert.Empty(Directories(again));
    }

    private static Fault InUse(FaultingFileSystem faults) =>
        new(FaultKind.DeleteDirectory, faults.CountOf(FaultKind.DeleteDirectory) + 1, FileSystemError.InUse)
        {
            Lasts = true,
        };

    private IReadOnlyList<string> Directories(CommitLog log) =>
        _machine.Platform.Files.ListDirectories(Path.Combine(log.Directory, "topics"));

    private void Advance(TimeSpan time)
    {
        _machine.Time.Advance(time);
        _machine.Scheduler.RunUntilIdle();
    }

    /// <summary>Deletes a topic with a flushed record while a kind of call fails, and closes the log.</summary>
    private static void DeleteWhile(SimulatedPlatform machine, FaultKind kind)
    {
        FaultingFileSystem faults = new(machine.Platform.Files);
        CommitLog log = machine.Run(OpenLog.OnAsync(machine.Platform with { Files = faults }));
        Topic topic = machine.Run(log.CreateTopicAsync("topic"));
        topic[0].Append(new RawRecord(new byte[10]));
        machine.Run(topic[0].FlushAsync());
        faults.Fail(new Fault(kind, faults.CountOf(kind) + 1, FileSystemError.DeviceFailure) { Lasts = true });
        Assert.Throws<LogIOException>(() => machine.Run(log.DeleteTopicAsync("topic")));
        machine.Run(log.DisposeAsync());
    }
}
