using System.Diagnostics;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A role that one thread at a time holds. It works in rounds on the requests of all threads. The next round does the
/// requests that come during a round. This class only keeps account: a thread that gets the role has to work, or pass
/// the role on.
/// </summary>
internal sealed class SerialRole
{
    private readonly Lock _gate = new();

    /// <summary>Whether a thread has the role, or is about to take it. Under the gate.</summary>
    private bool _held;

    /// <summary>Whether a requested round has not begun. Written under the gate; read by all.</summary>
    private bool _requested;

    /// <summary>Completed when the role is free for ever. Set by stopping, under the gate; read by all.</summary>
    private TaskCompletionSource? _stopped;

    /// <summary>
    /// Whether a requested round has not begun. That round covers everything done before this was read, because it sets
    /// this to false first.
    /// </summary>
    public bool IsRequested => Volatile.Read(ref _requested);

    /// <summary>Whether no more rounds can be requested.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) is not null;

    /// <summary>Requests a round.</summary>
    /// <param name="stopped">Whether rounds have been stopped; then none was requested.</param>
    /// <returns>Whether the caller now has the role, to do the round or to pass the role on.</returns>
    public bool TryTake(out bool stopped)
    {
        lock (_gate)
        {
            AssertInvariants();
            stopped = _stopped is not null;
            bool taken = !_held && !stopped;
            Volatile.Write(ref _requested, _requested | !stopped);
            _held |= taken;
            return taken;
        }
    }

    /// <summary>Begins a round, which covers all requests so far. Only with the role.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            AssertInvariants();
            Debug.Assert(_held, "A round without the role.");
            Volatile.Write(ref _requested, false);
        }
    }

    /// <summary>Gives the role up; false, and the caller keeps it, if another round was requested.</summary>
    public bool TryLeave()
    {
        TaskCompletionSource? stopped;
        lock (_gate)
        {
            AssertInvariants();
            Debug.Assert(_held, "No thread has the role.");
            _held = _requested;
            if (_held)
            {
                return false;
            }

            stopped = _stopped;
        }

        stopped?.TrySetResult();
        return true;
    }

    /// <summary>Admits no more requests; completes when the last round is over.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            AssertInvariants();
            _stopped ??= new TaskCompletionSource();
            return _held ? _stopped.Task : Task.CompletedTask;
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants() => Debug.Assert(_held || !_requested, "No thread will begin the requested round.");
}
