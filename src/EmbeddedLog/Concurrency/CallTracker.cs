namespace EmbeddedLog.Concurrency;

/// <summary>Lets calls in until it is closed, which is complete when the last of them has left.</summary>
internal sealed class CallTracker
{
    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private int _inside;

    /// <summary>Completed when the last call has left; set by closing. Under the gate.</summary>
    private TaskCompletionSource? _closed;

    /// <summary>Begins a call, which <see cref="Exit"/> ends; false once the gate is closed.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            _inside += _closed is null ? 1 : 0;
            return _closed is null;
        }
    }

    /// <summary>Ends a call.</summary>
    public void Exit()
    {
        TaskCompletionSource? closed;
        lock (_gate)
        {
            closed = --_inside == 0 ? _closed : null;
        }

        closed?.TrySetResult();
    }

    /// <summary>Lets nobody in any more; completes when nobody is inside.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed ??= new TaskCompletionSource();
            return _inside == 0 ? Task.CompletedTask : _closed.Task;
        }
    }
}
