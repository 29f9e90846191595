using System.Diagnostics;
using System.Globalization;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Tests.Format;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests;

public sealed class CommitLogTests
{
    [Fact]
    public async Task OpenAsync_NewDirectory_IsMadeWithItsParents()
    {
        using TempDirectory root = new();
        string path = Path.Combine(root.Path, "a", "b");
        await using (CommitLog log = await CommitLog.OpenAsync(path))
        {
            Assert.Equal(path, log.Directory);
            Assert.Empty(log.Topics);
        }

        await using CommitLog again = await CommitLog.OpenAsync(path);
    }

    [Fact]
    public async Task Open_Synchronously_MakesTheLogAndFindsItAgain()
    {
        using TempDirectory root = new();
        using (CommitLog log = CommitLog.Open(root["log"]))
        {
            Topic topic = await log.CreateTopicAsync("topic");
            topic[0].Append(new RawRecord("value"u8));
        }

        using CommitLog again = CommitLog.Open(root["log"]);
        Assert.Equal(1, again.GetTopic("topic")[0].EndOffset);
    }

    [Fact]
    public async Task OpenAsync_OwnedByThisProcess_SaysSo()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        LogOwnedException failure = await Assert.ThrowsAsync<LogOwnedException>(
            async () => await CommitLog.OpenAsync(root["log"]));
        Assert.Equal(Environment.ProcessId, failure.OwnerProcessId);
        Assert.Contains("this process", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_OwnerLetsGoInTime_Opens()
    {
        using TempDirectory root = new();
        CommitLog first = await CommitLog.OpenAsync(root["log"]);
        Task<CommitLog> waiting = CommitLog.OpenAsync(
            root["log"], new CommitLogOptions { OwnerTimeout = Timeout.InfiniteTimeSpan }).AsTask();
        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();
        await using CommitLog second = await waiting;
    }

    [Fact]
    public async Task OpenAsync_CancelledWhileWaiting_LeavesNothingOpen()
    {
        using TempDirectory root = new();
        CommitLog first = await CommitLog.OpenAsync(root["log"]);
        using CancellationTokenSource cancel = new();
        Task<CommitLog> waiting = CommitLog.OpenAsync(
            root["log"], new CommitLogOptions { OwnerTimeout = Timeout.InfiniteTimeSpan }, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await first.DisposeAsync();
        await using CommitLog second = await CommitLog.OpenAsync(root["log"]);
    }

    [Fact]
    public async Task ChangesOfTopics_Cancelled_ChangeNothingAndLeaveTheLogUsable()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { MaxRecordBytes = 1_000 });
        topic[0].Append(new RawRecord("value"u8));
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await log.CreateTopicAsync("other", null, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await log.EnsureTopicAsync("topic", new TopicOptions { MaxRecordBytes = 9 }, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await log.DeleteTopicAsync("topic", cancelled));

        Assert.Equal(topic, Assert.Single(log.Topics));
        Assert.Equal(1_000, topic.Options.MaxRecordBytes);
        Assert.Equal(1, topic[0].Append(new RawRecord("next"u8)));
        await log.DeleteTopicAsync("topic", CancellationToken.None);
    }

    [Fact]
    public async Task OpenAsync_OwnedByAnotherProcess_NamesIt()
    {
        Require.Linux();
        Require.That(File.Exists("/usr/bin/flock"), "needs flock(1) of util-linux");
        using TempDirectory root = new();
        await (await CommitLog.OpenAsync(root["log"])).DisposeAsync();
        string lockFile = Path.Combine(root["log"], "lock");

        // Another process that takes the lock, says who it is, and holds on until its input ends.
        string script = $"echo $$ > '{lockFile}'; echo locked; cat";
        ProcessStartInfo start = new("/usr/bin/flock", [lockFile, "sh", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process other = Process.Start(start)!;
        Assert.Equal("locked", await other.StandardOutput.ReadLineAsync());
        LogOwnedException failure = await Assert.ThrowsAsync<LogOwnedException>(
            async () => await CommitLog.OpenAsync(root["log"]));
        Assert.NotNull(failure.OwnerProcessId);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"process {failure.OwnerProcessId}"),
            failure.Message,
            StringComparison.Ordinal);
        other.StandardInput.Close();
        await other.WaitForExitAsync();
    }

    [Fact]
    public async Task OpenAsync_DirectoryWithOtherFiles_IsRefusedAndUntouched()
    {
        using TempDirectory root = new();
        await File.WriteAllTextAsync(root["precious"], "data");
        LogDirectoryException failure = await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await CommitLog.OpenAsync(root.Path));
        Assert.Contains("directory of its own", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["precious"], Directory.GetFileSystemEntries(root.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task OpenAsync_PathIsAFile_SaysSo()
    {
        using TempDirectory root = new();
        await File.WriteAllTextAsync(root["file"], "data");
        await Assert.ThrowsAsync<LogDirectoryException>(async () => await CommitLog.OpenAsync(root["file"]));
        await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await CommitLog.OpenAsync(Path.Combine(root["file"], "below")));
    }

    [Theory]
    [InlineData((int)FileSystemError.AccessDenied, "right to write")]
    [InlineData((int)FileSystemError.ReadOnly, "right to write")]
    [InlineData((int)FileSystemError.NoSpace, "Free some space")]
    public async Task OpenAsync_DirectoryCannotBeUsed_SaysWhatToDo(int error, string advice)
    {
        using TempDirectory root = new();
        Platform real = RealPlatform.Create(TimeProvider.System);
        FaultingFileSystem files = new(real.Files);
        files.Fail(FaultKind.Lock, 1, (FileSystemError)error);
        LogDirectoryException failure = await Assert.ThrowsAsync<LogDirectoryException>(
            async () => await OpenLog.OnAsync(real with { Files = files }, directory: root["log"]));
        Assert.Contains(advice, failure.Message, StringComparison.Ordinal);
        await using CommitLog log = await OpenLog.OnAsync(real, directory: root["log"]);
    }

    /// <summary>No injected error: the file system itself, for a new log and for one that is there.</summary>
    [Fact]
    public async Task OpenAsync_ReadOnlyFileSystem_SaysWhatToDoAndCanStillBeRead()
    {
        using LoopMount mount = LoopMount.CreateWithoutDevice("tmpfs", "size=16m");
        await using (CommitLog log = await CommitLog.OpenAsync(mount["log"]))
        {
            Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { SegmentBytes = 1 << 20 });
            topic[0].Append(new RawRecord("value"u8));
        }

        mount.MakeReadOnly();
        foreach (string name in new[] { "log", "new" })
        {
            LogDirectoryException failure = await Assert.ThrowsAsync<LogDirectoryException>(
                async () => await CommitLog.OpenAsync(mount[name]));
            Assert.Contains("right to write", failure.Message, StringComparison.Ordinal);
        }

        await using ReadOnlyLog readOnly = await CommitLog.OpenReadOnlyAsync(mount["log"]);
        Assert.Equal(1, readOnly.GetTopic("topic")[0].EndOffset);
    }

    [Fact]
    public async Task OpenAsync_NewerFormat_IsRefused()
    {
        using TempDirectory root = new();
        await (await CommitLog.OpenAsync(root["log"])).DisposeAsync();
        string session = Path.Combine(root["log"], "session");
        byte[] bytes = await File.ReadAllBytesAsync(session);
        for (int page = 0; page < bytes.Length; page += TwoSlotPage.SecondAt)
        {
            Forge.SetVersion(bytes.AsSpan(page, 4096), 2);
        }

        await File.WriteAllBytesAsync(session, bytes);
        UnsupportedFormatException told = await Assert.ThrowsAsync<UnsupportedFormatException>(
            async () => await CommitLog.OpenAsync(root["log"]));
        Assert.Contains("newer version", told.Message, StringComparison.Ordinal);
        Assert.Equal(session, told.File);
    }

    [Fact]
    public async Task OpenAsync_OptionsOutOfBounds_NamesAllFaults()
    {
        using TempDirectory root = new();
        CommitLogOptions options = new() { MaxOpenSegments = 0, OwnerTimeout = TimeSpan.FromDays(-2) };
        ArgumentException failure = await Assert.ThrowsAsync<ArgumentException>(
            async () => await CommitLog.OpenAsync(root["log"], options));
        Assert.Contains(nameof(options.MaxOpenSegments), failure.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(options.OwnerTimeout), failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(root["log"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public async Task OpenAsync_NoDirectory_IsAnArgumentError(string? directory) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await CommitLog.OpenAsync(directory!));

    [Fact]
    public async Task Dispose_Twice_DoesNoHarmAndEndsEverything()
    {
        using TempDirectory root = new();
        CommitLog log = await CommitLog.OpenAsync(root["log"]);
        OwnedPartition partition = (await log.CreateTopicAsync("topic"))[0];
        partition.Append(new RawRecord("value"u8));
        Task waiting = partition.WaitForAsync(1).AsTask();
        await log.DisposeAsync();
        await log.DisposeAsync();
        log.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Throws<ObjectDisposedException>(() => partition.Append(new RawRecord("value"u8)));
        Assert.Throws<ObjectDisposedException>(() => partition.Scan(0).Dispose());
        Assert.Throws<ObjectDisposedException>(() => log.GetTopic("topic"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.CreateTopicAsync("other"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.FlushAsync());
    }

    [Fact]
    public async Task FlushAsync_SeveralTopics_MakesAllDurable()
    {
        using TempDirectory root = new();
        await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
        Topic first = await log.CreateTopicAsync("first", new TopicOptions { Partitions = 3 });
        Topic second = await log.CreateTopicAsync("second");
        OwnedPartition[] all = [.. first.Partitions, .. second.Partitions];
        foreach (OwnedPartition partition in all)
        {
            partition.Append(new RawRecord("value"u8));
        }

        await log.FlushAsync();
        Assert.All(all, partition => Assert.Equal(1, partition.DurableOffset));
    }
}
