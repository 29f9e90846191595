using System.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Opening;

/// <summary>Who owns a directory is told, and what to do about it: each of the cases has its own advice.</summary>
public sealed class OwnerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string Root => _directory["log"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Open_OwnedByThisProcess_AdvisesToShareOrDisposeAndNotToWait()
    {
        await using CommitLog log = await CommitLog.OpenAsync(Root);

        LogOwnedException told = await RefusedAsync();

        Assert.Equal(Environment.ProcessId, told.OwnerProcessId);
        Assert.Contains("is open in this process already", told.Message, StringComparison.Ordinal);
        Assert.Contains("Share that one", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("OwnerTimeout", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OwnedByAnotherProcess_AdvisesToStopItOrToWait()
    {
        using Process owner = ProbeProcess.Start("hold-log", Root);
        Assert.Equal("ready", await owner.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        LogOwnedException told = await RefusedAsync();

        Assert.Equal(owner.Id, told.OwnerProcessId);
        Assert.Contains($"process {owner.Id} of this machine", told.Message, StringComparison.Ordinal);
        Assert.Contains("Stop that process, or set CommitLogOptions.OwnerTimeout", told.Message, default);
        owner.StandardInput.Close();
        await owner.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>In a space of process ids of its own it is process 1, as a service in a container is.</summary>
    [Fact]
    public async Task Open_OwnedByAnotherContainer_IsNotTakenForAProcessOfThisOne()
    {
        Require.Linux();
        Require.That(Command.Exists("unshare"), "Needs unshare(1) of util-linux.");
        Require.That(Command.Run("unshare", "--pid", "--fork", "true").ExitCode == 0, "May not make a space of pids.");
        using Process owner = Command.Start(
            "unshare", ["--pid", "--fork", "--mount-proc", .. ProbeProcess.CommandLine, "hold-log", Root]);
        Assert.Equal("ready", await owner.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        LogOwnedException told = await RefusedAsync();

        Assert.Null(told.OwnerProcessId);
        Assert.Contains("another container of this machine", told.Message, StringComparison.Ordinal);
        Assert.Contains("its process 1, running since", told.Message, StringComparison.Ordinal);
        Assert.Contains("Stop that container", told.Message, StringComparison.Ordinal);
        owner.StandardInput.Close();
        await owner.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Owned_EachKindOfOwner_HasItsOwnAdvice()
    {
        LockHolder same = LockHolder.Current;
        LockHolder ours = same with { ProcessId = 1 };
        (LockHolder? Owner, bool HasId, string Who, string Advice)[] cases =
        [
            (same, true, "in this process already", "Share that one"),
            (ours, true, "process 1 of this machine, running since", "Stop that process"),
            (ours with { Space = "1" }, false, "another container of this machine, host name", "Stop that container"),
            (ours with { Container = "0123456789ab" }, false, "'0123456789ab', host name", "Stop that container"),
            (ours with { Boot = "b", Host = "web-2" }, false, "process 1 on another host, 'web-2'", "Stop it there"),
            (new LockHolder(1, "", "", "", "", ""), true, "owned by process 1.", "Stop the other one"),
            (null, false, "owned by another process.", "Stop the other one"),

            // The number of this process, which another one had before it, or has in a container or on a host.
            (same with { Started = "2020" }, true, "of this machine, running since 2020", "Stop that process"),
            (same with { Space = "1" }, false, "another container of this machine", "Stop that container"),
            (same with { Container = "0123456789ab" }, false, "'0123456789ab'", "Stop that container"),
            (same with { Boot = "b", Host = "web-2" }, false, "on another host, 'web-2'", "Stop it there"),
        ];
        foreach ((LockHolder? owner, bool hasId, string who, string advice) in cases)
        {
            foreach (string? waited in (string?[])[null, "5 s"])
            {
                LogOwnedException told = OwnerErrors.Owned("/data", owner, waited);
                Assert.Contains(who, told.Message, StringComparison.Ordinal);
                Assert.Contains(advice, told.Message, StringComparison.Ordinal);
                Assert.Equal(waited is not null, told.Message.Contains("waited 5 s", StringComparison.Ordinal));
                Assert.Equal(hasId ? owner?.ProcessId : null, told.OwnerProcessId);
                Assert.Equal(owner == same, told.Message.Contains("in this process already", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task Open_WaitsForTheOwner_SaysForWhomAndWhenItLetsGo()
    {
        CommitLog first = await CommitLog.OpenAsync(Root);
        LogLines lines = new();
        CommitLogOptions options = new() { OwnerTimeout = Timeout.InfiniteTimeSpan, LoggerFactory = lines };
        Task<CommitLog> waiting = CommitLog.OpenAsync(Root, options).AsTask();

        Assert.Equal(
            $"Information: Waiting without an end for the log '{Root}', which is owned by another log of this process.",
            Assert.Single(lines.All));

        await first.DisposeAsync();
        await using CommitLog second = await waiting;
        string[] told = [.. lines.All];
        Assert.Equal(3, told.Length);
        Assert.StartsWith($"Information: The owner of the log '{Root}' released it", told[1], StringComparison.Ordinal);
        Assert.StartsWith("Information: Opened", told[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_OwnerStays_SaysHowLongItWaited()
    {
        await using CommitLog first = await CommitLog.OpenAsync(Root);
        CommitLogOptions options = new() { OwnerTimeout = TimeSpan.FromMilliseconds(1) };
        LogOwnedException told = await Assert.ThrowsAsync<LogOwnedException>(
            async () => await CommitLog.OpenAsync(Root, options));
        Assert.Contains("The opening waited ", told.Message, StringComparison.Ordinal);
        Assert.Contains("dispose it before another is opened", told.Message, StringComparison.Ordinal);
    }

    private async Task<LogOwnedException> RefusedAsync() =>
        await Assert.ThrowsAsync<LogOwnedException>(async () => await CommitLog.OpenAsync(Root));
}
