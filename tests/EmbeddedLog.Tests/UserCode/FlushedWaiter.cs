using EmbeddedLog.Concurrency.Waiters;

namespace EmbeddedLog.Tests.UserCode;

/// <summary>Waits for the flush of records, and asks for none.</summary>
internal sealed class FlushedWaiter : OffsetWaiter
{
    private readonly TaskCompletionSource<Exception?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Exception?> Task => _done.Task;

    public override void Release(Exception? failure) => _done.TrySetResult(failure);
}
