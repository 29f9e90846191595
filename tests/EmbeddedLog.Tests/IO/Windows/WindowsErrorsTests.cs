using EmbeddedLog.IO;
using EmbeddedLog.IO.Windows;

namespace EmbeddedLog.Tests.IO.Windows;

/// <summary>What the codes of Windows say, which is told alike on every system.</summary>
public sealed class WindowsErrorsTests
{
    [Theory]
    [InlineData(5, true)] // ERROR_ACCESS_DENIED: no right to flush it
    [InlineData(32, true)] // ERROR_SHARING_VIOLATION: not to be opened for writing
    [InlineData(1, true)] // ERROR_INVALID_FUNCTION
    [InlineData(6, true)] // ERROR_INVALID_HANDLE
    [InlineData(50, true)] // ERROR_NOT_SUPPORTED
    [InlineData(87, true)] // ERROR_INVALID_PARAMETER
    [InlineData(120, true)] // ERROR_CALL_NOT_IMPLEMENTED
    [InlineData(2, false)] // ERROR_FILE_NOT_FOUND
    [InlineData(23, false)] // ERROR_CRC
    [InlineData(112, false)] // ERROR_DISK_FULL
    [InlineData(1117, false)] // ERROR_IO_DEVICE
    public void IsNoDirectoryFlush_OfACode_ForgivesOnlyThatThereIsNone(int code, bool forgiven) =>
        Assert.Equal(forgiven, WindowsErrors.IsNoDirectoryFlush(code));

    [Theory]
    [InlineData(5, true)] // ERROR_ACCESS_DENIED: also what is mapped
    [InlineData(32, true)] // ERROR_SHARING_VIOLATION
    [InlineData(303, true)] // ERROR_DELETE_PENDING
    [InlineData(1224, true)] // ERROR_USER_MAPPED_FILE
    [InlineData(19, false)] // ERROR_WRITE_PROTECT
    [InlineData(1117, false)] // ERROR_IO_DEVICE
    public void IsDeletionForLater_OfACode_IsTrueOnlyWhereTheFileIsInUse(int code, bool later) =>
        Assert.Equal(later, WindowsErrors.IsDeletionForLater(code));

    [Theory]
    [InlineData(145, nameof(FileSystemError.InUse))] // ERROR_DIR_NOT_EMPTY: of a file that is going
    [InlineData(5, nameof(FileSystemError.AccessDenied))]
    [InlineData(112, nameof(FileSystemError.NoSpace))]
    [InlineData(120, nameof(FileSystemError.NotSupported))]
    [InlineData(87, nameof(FileSystemError.Other))]
    public void KindOf_ACode_IsTheKindThatItStandsFor(int code, string kind) =>
        Assert.Equal(kind, WindowsErrors.KindOf(code).ToString());
}
