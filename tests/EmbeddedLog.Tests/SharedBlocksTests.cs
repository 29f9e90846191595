using System.Diagnostics;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests;

/// <summary>
/// A copy that shares the blocks of an open log, as <c>cp</c> makes by itself, takes away what the disk had set aside:
/// the next store to such a block needs a new one.
/// </summary>
public sealed class SharedBlocksTests
{
    private const string Appended = "end ";

    [Theory]
    [InlineData("reflink=1")]
    [InlineData("reflink=0")]
    public void Append_CopiedWithSharedBlocksAndFullDisk_IsRefusedAndTheProcessLives(string feature)
    {
        bool shares = feature == "reflink=1";
        using LoopMount mount = LoopMount.Create("xfs", 320, "-m", feature);
        using Process holder = ProbeProcess.Start("hold-log", mount["log"]);
        string Ask(string command)
        {
            holder.StandardInput.WriteLine(command);
            return holder.StandardOutput.ReadLine() ?? "dead: " + holder.StandardError.ReadToEnd();
        }

        Assert.Equal("ready", holder.StandardOutput.ReadLine());
        Assert.Equal("end 20", Ask("append"));
        string sharing = shares ? "--reflink=always" : "--reflink=auto";
        Command copied = Command.Run("cp", "-a", sharing, mount["log"], mount["copy"]);
        Require.That(copied.ExitCode == 0, $"cp makes no such copy here: {copied.Error}");
        mount.FillUp("ballast");

        string answer;
        int appends = 0;
        do
        {
            answer = Ask("append");
        }
        while (answer.StartsWith(Appended, StringComparison.Ordinal) && ++appends < 10_000);

        Assert.Equal(nameof(DiskFullException), answer);
        Assert.StartsWith("read ", Ask("read"), StringComparison.Ordinal);
        File.Delete(mount["ballast"]);
        Assert.StartsWith(Appended, Ask("append"), StringComparison.Ordinal);
        holder.StandardInput.Close();
        Assert.Equal("closing", holder.StandardOutput.ReadLine());
        holder.WaitForExit();
        Assert.Equal(0, holder.ExitCode);
    }

    [Fact]
    public async Task CreateTopic_MappedWhereBlocksMayBeShared_IsRefused()
    {
        using LoopMount mount = LoopMount.Create("xfs", 320, "-m", "reflink=1");
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(
            async () => await log.CreateTopicAsync("topic", new TopicOptions { WriteMode = WriteMode.Mapped }));

        Assert.Contains("xfs with reflink", refused.Message, StringComparison.Ordinal);
        Assert.Empty(log.Topics);
    }
}
