using System.Threading.Tasks.Sources;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>
/// A failed send. Not a <see cref="Task"/>: the task of a send may be dropped, and a dropped <see cref="Task"/> would
/// be reported as unobserved.
/// </summary>
internal sealed class FailedSend<T> : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;

    private FailedSend(Exception failure) => _core.SetException(failure);

    /// <summary>The task of a send that failed at once.</summary>
    public static ValueTask<T> Of(Exception failure)
    {
        FailedSend<T> failed = new(failure);
        return new ValueTask<T>(failed, failed._core.Version);
    }

    /// <summary>The task of a send under way; may be dropped too.</summary>
    public static ValueTask<T> Droppable(Task<T> sent)
    {
        if (!sent.IsCompletedSuccessfully)
        {
            _ = sent.ContinueWith(
                static (failed, _) => _ = failed.Exception,
                null,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return new ValueTask<T>(sent);
    }

    T IValueTaskSource<T>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
