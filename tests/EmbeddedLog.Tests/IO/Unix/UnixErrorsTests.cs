using EmbeddedLog.IO;
using EmbeddedLog.IO.Unix;

namespace EmbeddedLog.Tests.IO.Unix;

/// <summary>Which kind of failure an error number is.</summary>
public sealed class UnixErrorsTests
{
    [Theory]
    [InlineData(1, nameof(FileSystemError.AccessDenied))]
    [InlineData(2, nameof(FileSystemError.NotFound))]
    [InlineData(5, nameof(FileSystemError.DeviceFailure))]
    [InlineData(12, nameof(FileSystemError.OutOfMemory))]
    [InlineData(13, nameof(FileSystemError.AccessDenied))]
    [InlineData(17, nameof(FileSystemError.AlreadyExists))]
    [InlineData(20, nameof(FileSystemError.NotADirectory))]
    [InlineData(21, nameof(FileSystemError.Other))]
    [InlineData(23, nameof(FileSystemError.TooManyFiles))]
    [InlineData(24, nameof(FileSystemError.TooManyFiles))]
    [InlineData(28, nameof(FileSystemError.NoSpace))]
    [InlineData(30, nameof(FileSystemError.ReadOnly))]
    public void KindOf_NumbersOfEveryUnix_AreDistinguished(int code, string kind)
    {
        Assert.Equal(kind, UnixErrors.KindOf(code).ToString());
    }

    [Theory]
    [InlineData(37, nameof(FileSystemError.NotSupported))]
    [InlineData(38, nameof(FileSystemError.NotSupported))]
    [InlineData(95, nameof(FileSystemError.NotSupported))]
    [InlineData(122, nameof(FileSystemError.QuotaExceeded))]
    [InlineData(45, nameof(FileSystemError.Other))]
    [InlineData(69, nameof(FileSystemError.Other))]
    public void KindOf_NumbersOfLinux_AreItsOwn(int code, string kind)
    {
        Infrastructure.Require.Linux();

        Assert.Equal(kind, UnixErrors.KindOf(code).ToString());
    }

    [Fact]
    public void Failure_OfACall_SaysWhatOnWhatAndWhy()
    {
        FileSystemException failure = UnixErrors.Failure("fallocate", "/data/file", -28);

        Assert.Equal("fallocate", failure.Operation);
        Assert.Equal("/data/file", failure.Path);
        Assert.Equal(28, failure.SystemCode);
        Assert.StartsWith("fallocate of '/data/file' failed: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("(error 28).", failure.Message, StringComparison.Ordinal);
    }
}
