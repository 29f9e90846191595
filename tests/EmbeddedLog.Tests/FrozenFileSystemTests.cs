using System.Diagnostics;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests;

/// <summary>
/// A file system that was frozen, as for a snapshot, stops whoever writes to it. A thread that is stopped in a store to
/// a map cannot be suspended, so that a garbage collection waits for it, and with it every other thread; one that is
/// stopped in a system call holds up nobody. That is what <see cref="WriteMode.Positional"/> is for.
/// </summary>
public sealed class FrozenFileSystemTests
{
    [Fact]
    public async Task AppendPositional_FrozenFileSystem_HoldsUpNoGarbageCollection()
    {
        Require.That(Command.Exists("fsfreeze"), "fsfreeze is not installed.");
        using LoopMount mount = LoopMount.Create("ext4", 64);
        await using CommitLog log = await CommitLog.OpenAsync(mount["log"]);
        TopicOptions options = new() { WriteMode = WriteMode.Positional, FlushInterval = TimeSpan.FromHours(1) };
        Topic topic = await log.CreateTopicAsync("topic", options);
        topic[0].Append(new RawRecord("before"u8));
        await topic[0].FlushAsync();

        Command.RunOrThrow("fsfreeze", "--freeze", mount.Path);

        // Whatever happens to the threads of this process, this one thaws.
        using Process thaw = Process.Start("sh", ["-c", $"sleep 60; fsfreeze --unfreeze '{mount.Path}'"]);
        string? status = null;
        Thread appender = new(() =>
        {
            Volatile.Write(ref status, $"{new FileInfo("/proc/thread-self").LinkTarget}/status");
            topic[0].Append(new RawRecord("frozen"u8));
        });
        try
        {
            appender.Start();
            while (!IsStopped(Volatile.Read(ref status)))
            {
                Thread.Yield();
            }

            int before = GC.CollectionCount(GC.MaxGeneration);
            GC.Collect();
            Assert.True(GC.CollectionCount(GC.MaxGeneration) > before);
            Assert.True(appender.IsAlive);
        }
        finally
        {
            thaw.Kill();
            Command.RunOrThrow("fsfreeze", "--unfreeze", mount.Path);
            appender.Join();
        }

        Assert.Equal(2, topic[0].EndOffset);
    }

    /// <summary>Whether a thread sleeps without being interruptible, as one that waits for a file system.</summary>
    private static bool IsStopped(string? status) =>
        status is not null && File.ReadAllText($"/proc/{status}").Contains("State:\tD", StringComparison.Ordinal);
}
