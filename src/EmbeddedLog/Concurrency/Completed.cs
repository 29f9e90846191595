namespace EmbeddedLog.Concurrency;

/// <summary>Work on the calling thread as a task that is complete when it returns.</summary>
internal static class Completed
{
    /// <summary>Does the work; what fails, fails the task.</summary>
    public static ValueTask<T> Run<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return ValueTask.FromResult(work());
        }
#pragma warning disable CA1031 // It goes to whoever awaits the task.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return ValueTask.FromException<T>(failure);
        }
    }
}
