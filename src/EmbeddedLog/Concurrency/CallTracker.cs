using System.Diagnostics;

namespace EmbeddedLog.Concurrency;

/// <summary>Counts the calls under way. Closing admits no more, and completes when the last call has ended.</summary>
internal sealed class CallTracker
{
    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private int _inside;

    /// <summary>Completed when the last call has left; set by closing. Under the gate.</summary>
    private TaskCompletionSource? _closed;

    /// <summary>Begins a call, which <see cref="Exit"/> ends; false after closing.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            AssertInvariants();
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
            AssertInvariants();
            closed = --_inside == 0 ? _closed : null;
        }

        closed?.TrySetResult();
    }

    /// <summary>Admits no more calls; completes when none is under way.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            AssertInvariants();
            _closed ??= new TaskCompletionSource();
            return _inside == 0 ? Task.CompletedTask : _closed.Task;
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants() => Debug.Assert(_inside >= 0, "More calls have ended than begun.");
}
