using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Opening;

/// <summary>A copy of a log that was made while it was open says what it is.</summary>
public sealed class HotCopyTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Copy => _directory["copy"];

    public HotCopyTests() => Require.Linux();

    public void Dispose() => _directory.Dispose();

    /// <summary>The manifest is from before a roll, the checkpoint from after it.</summary>
    [Fact]
    public async Task Open_PiecesOfDifferentMoments_SaysThatItIsACopyAndWhatToDo()
    {
        TempFileSystem.RequireNumbers();
        await using CommitLog log = await CommitLog.OpenAsync(_directory["log"]);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { SegmentBytes = 16 << 10 });
        topic[0].Append(new RawRecord(new byte[1000]));
        await log.FlushAsync();
        Command.CopyOpenLog(log.Directory, Copy);
        for (int i = 0; i < 100; i++)
        {
            topic[0].Append(new RawRecord(new byte[1000]));
        }

        await log.FlushAsync();
        File.Copy(
            Path.Combine(topic[0].Log.Directory, "checkpoint"),
            Path.Combine(Copy, "topics", "topic-1", "0", "checkpoint"),
            overwrite: true);

        for (int attempt = 0; attempt < 2; attempt++)
        {
            CorruptLogException told = await OpenLog.FindDamageAsync(() => CommitLog.OpenAsync(Copy));
            Assert.Contains($"'{Copy}' is a copy that was made of an open log", told.Message, default);
            Assert.Contains("CommitLog.BackupAsync", told.Message, StringComparison.Ordinal);
            Assert.Contains("The fault: ", told.Message, StringComparison.Ordinal);
            Assert.NotNull(told.File);
        }
    }

    [Fact]
    public async Task Open_CopyThatFitsTogether_OpensWithAWarning()
    {
        TempFileSystem.RequireNumbers();
        await using CommitLog log = await CommitLog.OpenAsync(_directory["log"]);
        Topic topic = await log.CreateTopicAsync("topic");
        topic[0].Append(new RawRecord("value"u8));
        Command.CopyOpenLog(log.Directory, Copy);

        LogLines lines = new();
        CommitLogOptions options = new() { LoggerFactory = lines };
        await (await CommitLog.OpenAsync(Copy, options)).DisposeAsync();
        Assert.Single(lines.All, line => line.StartsWith("Warning: ", StringComparison.Ordinal)
            && line.Contains("is a copy that was made of an open log", StringComparison.Ordinal));

        // It is a log of its own from then on.
        lines = new LogLines();
        await (await CommitLog.OpenAsync(Copy, new CommitLogOptions { LoggerFactory = lines })).DisposeAsync();
        Assert.DoesNotContain(lines.All, line => line.StartsWith("Warning: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_ClosedLogThatWasCopiedOrMoved_SaysNothing()
    {
        CommitLog log = await CommitLog.OpenAsync(_directory["log"]);
        (await log.CreateTopicAsync("topic"))[0].Append(new RawRecord("value"u8));
        await log.DisposeAsync();
        Command.CopyOpenLog(log.Directory, Copy);
        Directory.Move(log.Directory, _directory["moved"]);
        foreach (string directory in (string[])[Copy, _directory["moved"]])
        {
            LogLines lines = new();
            await (await CommitLog.OpenAsync(directory, new CommitLogOptions { LoggerFactory = lines })).DisposeAsync();
            Assert.DoesNotContain(lines.All, line => line.StartsWith("Warning: ", StringComparison.Ordinal));
        }
    }

    /// <summary>Damage in a log that was killed where it is remains told as damage.</summary>
    [Fact]
    public async Task Open_KilledLogInItsPlace_IsNoCopy()
    {
        using System.Diagnostics.Process owner = ProbeProcess.Start("hold-log", _directory["log"]);
        Assert.Equal("ready", await owner.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await owner.StandardInput.WriteLineAsync("append");
        await owner.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        await owner.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        owner.Kill();
        await owner.WaitForExitAsync(TestContext.Current.CancellationToken);
        Directory.Move(_directory["log"], _directory["moved"]);

        LogLines lines = new();
        CommitLogOptions options = new() { LoggerFactory = lines };
        await (await CommitLog.OpenAsync(_directory["moved"], options)).DisposeAsync();

        Assert.DoesNotContain(lines.All, line => line.StartsWith("Warning: ", StringComparison.Ordinal));
    }
}
