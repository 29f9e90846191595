using EmbeddedLog.IO.Windows;

namespace EmbeddedLog.Tests.IO.Windows;

/// <summary>How often a call is made that somebody is in the way of, which is decided alike everywhere.</summary>
public sealed class WindowsRetryTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(WindowsErrors.FileNotFound, 1)]
    [InlineData(WindowsErrors.DeviceFailure, 1)]
    [InlineData(WindowsErrors.AccessDenied, WindowsRetry.MaxAttempts)]
    [InlineData(WindowsErrors.SharingViolation, WindowsRetry.MaxAttempts)]
    public void UntilPassed_OneErrorForEver_EndsWithItAfterSoManyCalls(int error, int expected)
    {
        int calls = 0;
        int Call()
        {
            calls++;
            return error;
        }

        Assert.Equal(error, WindowsRetry.UntilPassed(Call));
        Assert.Equal(expected, calls);
    }

    [Fact]
    public void UntilPassed_SomebodyInTheWayForAMoment_Succeeds()
    {
        Queue<int> results = new([WindowsErrors.SharingViolation, WindowsErrors.AccessDenied, 0]);

        Assert.Equal(0, WindowsRetry.UntilPassed(results.Dequeue));
        Assert.Empty(results);
    }
}
