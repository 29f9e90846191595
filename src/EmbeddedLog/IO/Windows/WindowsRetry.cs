namespace EmbeddedLog.IO.Windows;

/// <summary>Repeats what fails for what somebody does with a file at the moment.</summary>
internal static class WindowsRetry
{
    /// <summary>
    /// How often a call is made: the first ones follow each other at once, and then a millisecond or more apart, so
    /// that it is over in a second or two.
    /// </summary>
    public const int MaxAttempts = 150;

    /// <summary>
    /// Makes a call until it succeeds, fails for another reason than <see cref="WindowsErrors.MayPass"/> names, or was
    /// made <see cref="MaxAttempts"/> times. Returns what the last one returned: zero or the error code.
    /// </summary>
    public static int UntilPassed(Func<int> call)
    {
        SpinWait wait = default;
        int error = call();
        for (int attempts = 1; WindowsErrors.MayPass(error) && attempts < MaxAttempts; attempts++)
        {
            wait.SpinOnce();
            error = call();
        }

        return error;
    }
}
