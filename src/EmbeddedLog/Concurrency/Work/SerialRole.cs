using System.Diagnostics;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// A role that one thread at a time has, which does in rounds what any thread asks for. What is asked for during a
/// round is done by the next one. Only keeps account: whoever is told to begin sees to it that somebody does.
/// </summary>
internal sealed class SerialRole
{
    private readonly Lock _gate = new();

    /// <summary>Whether somebody has the role, or is about to take it. Under the gate.</summary>
    private bool _held;

    /// <summary>Whether a round was asked for that has not begun. Written under the gate; read by all.</summary>
    private bool _requested;

    /// <summary>Completed when the role is free for good. Set by stopping, under the gate; read by all.</summary>
    private TaskCompletionSource? _stopped;

    /// <summary>
    /// Whether a round is yet to begin. It covers all that was done before this was read: it looks at that after it has
    /// set this to false.
    /// </summary>
    public bool IsRequested => Volatile.Read(ref _requested);

    /// <summary>Whether no more rounds can be asked for.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) is not null;

    /// <summary>Asks for a round.</summary>
    /// <param name="stopped">Whether rounds have been stopped; then none was asked for.</param>
    /// <returns>Whether nobody had the role: then it is the caller's, to carry out or to hand on.</returns>
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

    /// <summary>Begins a round, which covers all that was asked for so far. Only with the role.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            AssertInvariants();
            Debug.Assert(_held, "A round without the role.");
            Volatile.Write(ref _requested, false);
        }
    }

    /// <summary>Gives the role up; false, and it is kept, where another round was asked for.</summary>
    public bool TryLeave()
    {
        TaskCompletionSource? stopped;
        lock (_gate)
        {
            AssertInvariants();
            Debug.Assert(_held, "Nobody has the role.");
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

    /// <summary>Lets no more rounds be asked for; completes when the last one is over.</summary>
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
    private void AssertInvariants() => Debug.Assert(_held || !_requested, "A round that nobody will begin.");
}
