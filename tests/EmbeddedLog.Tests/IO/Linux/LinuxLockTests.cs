using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.IO.Linux;

/// <summary>The owner lock against other processes, children, and hands that delete the file.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxLockTests : IDisposable
{
    private readonly FileSystem _files = RealPlatform.Create(TimeProvider.System).Files;
    private readonly TempDirectory _directory = new();

    private string LockPath => _directory["lock"];

    public LinuxLockTests() => Require.Linux();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void TryLock_HeldHere_IsHeldForOtherProcesses()
    {
        using (_files.TryLock(LockPath))
        {
            Assert.Equal("held", ProbeProcess.Run("lock", LockPath));
        }

        Assert.Equal("success", ProbeProcess.Run("lock", LockPath));
    }

    [Fact]
    public void TryLock_FileDeletedByOthers_StaysHeld()
    {
        using IDisposable? held = _files.TryLock(LockPath);

        File.Delete(LockPath);

        Assert.Equal("held", ProbeProcess.Run("lock", LockPath));
        Assert.Null(_files.TryLock(LockPath));
    }

    [Fact]
    public void TryLock_FileReplacedByOthers_StaysHeld()
    {
        using IDisposable? held = _files.TryLock(LockPath);

        File.WriteAllText(_directory["other"], "");
        File.Move(_directory["other"], LockPath, overwrite: true);

        Assert.Equal("held", ProbeProcess.Run("lock", LockPath));
    }

    [Fact]
    public void TryLock_HolderKilledWhileItsChildLives_IsFree()
    {
        using Process holder = ProbeProcess.Start("hold-lock", LockPath);
        using Process child = Process.GetProcessById(
            int.Parse(holder.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        try
        {
            Assert.Null(_files.TryLock(LockPath));
            Assert.Equal(holder.Id, _files.ReadLockOwner(LockPath)?.ProcessId);

            holder.Kill();
            holder.WaitForExit();

            Assert.False(child.HasExited);
            using IDisposable? free = _files.TryLock(LockPath);
            Assert.NotNull(free);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [Fact]
    public void OpenFile_ThenAChildStarts_ItHasNoneOfOurDescriptors()
    {
        using IDisposable? held = _files.TryLock(LockPath);
        using LogFile file = _files.OpenFile(_directory["file"], FileOpening.CreateNew);

        string descriptors = Command.RunOrThrow("ls", "-l", "/proc/self/fd");

        Assert.DoesNotContain(_directory.Path, descriptors, StringComparison.Ordinal);
        Assert.Contains("->", descriptors, StringComparison.Ordinal);
    }

    [Fact]
    public void TryLock_FileReplacedBetweenOpenAndLock_LocksTheOneThatBearsTheName()
    {
        ReplacingFileSystem files = new(replacements: 3);

        using IDisposable? held = files.TryLock(LockPath);

        Assert.NotNull(held);
        Assert.Equal(4, files.Opened);
        Assert.Equal("held", ProbeProcess.Run("lock", LockPath));
    }

    [Fact]
    public void TryLock_FileReplacedWithoutEnd_GivesUp()
    {
        ReplacingFileSystem files = new(replacements: int.MaxValue);

        Assert.Throws<FileSystemException>(() => files.TryLock(LockPath));

        Assert.Equal("success", ProbeProcess.Run("lock", LockPath));
    }

    [Fact]
    public void TryLock_LongerTextInTheFile_LeavesOnlyTheNewText()
    {
        File.WriteAllText(LockPath, $"4194304000\n{new string('x', 1000)}");

        // Released first, for the runtime does not open a locked file.
        _files.TryLock(LockPath)!.Dispose();

        Assert.Equal(LockHolder.Current.ToText(), File.ReadAllBytes(LockPath));
    }

    [Fact]
    public void TryLock_FullDisk_Succeeds()
    {
        using LoopMount mount = LoopMount.CreateWithoutDevice("tmpfs", "size=1m");
        File.WriteAllText(mount["lock"], "");
        mount.FillUp("filler");

        using IDisposable? held = _files.TryLock(mount["lock"]);

        Assert.NotNull(held);
        Assert.Null(_files.ReadLockOwner(mount["lock"]));
    }
}
