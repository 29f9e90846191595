using System.Runtime.Versioning;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.IO.Linux;

/// <summary>What the real calls report when the system makes them fail.</summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxFaultTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public LinuxFaultTests() => Require.Linux();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("EIO", "fdatasync DeviceFailure 5")]
    [InlineData("ENOSPC", "fdatasync NoSpace 28")]
    [InlineData("EROFS", "fdatasync ReadOnly 30")]
    [InlineData("EDQUOT", "fdatasync QuotaExceeded 122")]
    public void Flush_FdatasyncFails_ReportsIt(string error, string expected)
    {
        Strace.Require();

        string outcome = RunWithFaults("flush", "file", $"fdatasync:error={error}");

        Assert.Equal(expected, outcome);
    }

    /// <summary>
    /// One call for all fails for any file of anybody; then each is asked for its own failures. Where it succeeds each
    /// is asked too, and the flush of one stands for the journal and the device.
    /// </summary>
    [Theory]
    [InlineData("success, success, success")]
    [InlineData("success, success, success", "syncfs:error=EIO")]
    [InlineData("success, success, success", "syncfs:error=ENOSYS")]
    [InlineData("success, fdatasync 5, success", "syncfs:error=EIO", "fdatasync:error=EIO:when=2")]
    [InlineData("fdatasync 28, fdatasync 28, fdatasync 28", "syncfs:error=EIO", "fdatasync:error=ENOSPC")]
    [InlineData("success, sync_file_range 5, success", "sync_file_range:error=EIO:when=2")]
    [InlineData("sync_file_range 5, success, success", "sync_file_range:error=EIO:when=1")]
    [InlineData("fdatasync 5, success, success", "fdatasync:error=EIO:when=1")]
    [InlineData("fdatasync 5, fdatasync 5, fdatasync 5", "fdatasync:error=EIO")]
    public void FlushTogether_CallsFail_EachFileReportsItsOwn(string expected, params string[] injections)
    {
        Strace.Require();
        string path = _directory["file"];

        string outcome = ProbeProcess.RunWithFaults(
            "flush-together", path, [path + "1", path + "2", path + "3"], injections);

        Assert.Equal(expected, outcome);
    }

    /// <summary>
    /// The reason why the runtime's flush is banned: it passes over these errors. When a later runtime reports them
    /// this test fails, and the ban may be thought over.
    /// </summary>
    [Theory]
    [InlineData("EIO")]
    [InlineData("ENOSPC")]
    [InlineData("EROFS")]
    public void RuntimeFlush_FsyncFails_ClaimsSuccess(string error)
    {
        Strace.Require();

        string outcome = RunWithFaults("runtime-flush", "file", $"fsync,fdatasync:error={error}");

        Assert.Equal("success", outcome);
    }

    [Fact]
    public void SyncDirectory_FsyncFails_ReportsIt()
    {
        Strace.Require();

        Assert.Equal("fsync DeviceFailure 5", RunWithFaults("sync-directory", "", "fsync:error=EIO"));
    }

    [Fact]
    public void Allocate_Unsupported_IsNotSupportedInsteadOfEmulated()
    {
        Strace.Require();

        string outcome = RunWithFaults("allocate", "file", "fallocate:error=EOPNOTSUPP");

        Assert.Equal("fallocate NotSupported 95", outcome);
        Assert.Equal(0, new FileInfo(_directory["file"]).Length);
    }

    [Theory]
    [InlineData("ENOLCK", "flock NotSupported 37")]
    [InlineData("EOPNOTSUPP", "flock NotSupported 95")]
    public void TryLock_WithoutLocks_IsAnError(string error, string expected)
    {
        Strace.Require();

        Assert.Equal(expected, RunWithFaults("lock", "lock", $"flock:error={error}"));
    }

    /// <summary>A server's refusal of a lock that somebody holds, and elsewhere that of the system's rules.</summary>
    [Theory]
    [InlineData("424D53FE00000000", "held")]
    [InlineData("53EF000000000000", "flock AccessDenied 13")]
    public void TryLock_AccessDenied_IsHeldOnSmbAlone(string fileSystemType, string expected)
    {
        Strace.Require();

        // The first call of flock is the directory's.
        string outcome = RunWithFaults(
            "lock", "lock", "flock:error=EACCES:when=2", $"fstatfs:poke_exit=@arg2={fileSystemType}");

        Assert.Equal(expected, outcome);
    }

    [Fact]
    public void TryLock_DirectoriesCannotBeLocked_LocksTheFileAlone()
    {
        Strace.Require();

        // The first call is the directory's, the second the file's.
        Assert.Equal("success", RunWithFaults("lock", "lock", "flock:error=EOPNOTSUPP:when=1"));
    }

    /// <summary>
    /// Linux before 5.14 has no call that fetches pages and reports those it cannot. That is no reason to refuse to
    /// read, and none to trust that stores do not fault.
    /// </summary>
    [Theory]
    [InlineData("EINVAL", "write False, read True")]
    [InlineData("EFAULT", "write False, read False")]
    [InlineData("EHWPOISON", "write False, read False")]
    public void TryPrepare_MadviseFails_DistinguishesUnknownFromUnreadable(string error, string expected)
    {
        Strace.Require();
        Require.Unemulated();

        string outcome = ProbeProcess.RunWithFaults("prepare", _directory["file"], [], $"madvise:error={error}");

        Assert.Equal(expected, outcome);
    }

    [Fact]
    public void EveryCall_InterruptedBySignals_IsMadeAgain()
    {
        Strace.Require();
        const string Calls = "openat,pread64,pwrite64,ftruncate,fallocate,fdatasync,fsync,"
            + "syncfs,sync_file_range,flock,statx,statfs";

        // Every other call of each kind, so that each is interrupted once.
        string outcome = RunWithFaults("all-calls", "lock", $"{Calls}:error=EINTR:when=1+2");
        Assert.SkipWhen(outcome == "fallocate NotSupported 95", "The file system does not know fallocate.");

        Assert.Equal("success", outcome);
    }

    private string RunWithFaults(string command, string name, params IEnumerable<string> injections)
    {
        string path = name.Length == 0 ? _directory.Path : _directory[name];
        return ProbeProcess.RunWithFaults(command, path, [_directory.Path, path, path + ".file"], injections);
    }
}
