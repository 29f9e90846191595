using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;

namespace EmbeddedLog.Consuming.Sequences;

/// <summary>
/// One read of a consumer, from the first step of its enumerator to the last: it excludes other reads, and wakes the
/// reader when a token is cancelled. One caller at a time, which is checked.
/// </summary>
/// <param name="claim">The claim that excludes other reads.</param>
/// <param name="signal">Wakes the reader.</param>
/// <param name="tokens">The tokens that can end the read.</param>
internal sealed class ReadScope(ReadClaim claim, WakeSignal signal, ReadTokens tokens)
{
    private const int New = 0;
    private const int Between = 1;
    private const int Moving = 2;
    private const int Over = 3;

    /// <summary>Exchanged at both ends of each step that may wait, to detect a second step at the same time.</summary>
    private int _state;

    private CancellationTokenRegistration _methodRegistration;
    private CancellationTokenRegistration _enumerationRegistration;

    /// <summary>The tokens that can end the read.</summary>
    public ReadTokens Tokens { get; } = tokens;

    /// <summary>Whether the read has begun, no step is under way, and none of the tokens is cancelled.</summary>
    public bool CanStep => Volatile.Read(ref _state) == Between && !Tokens.IsCancelled;

    /// <summary>Begins a step, and with the first one the read; false if the read is over.</summary>
    /// <param name="begins">Whether this is the first step.</param>
    /// <exception cref="InvalidOperationException">A step, or another read, is under way.</exception>
    /// <exception cref="OperationCanceledException">A token was cancelled before the read began.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public bool TryEnter(out bool begins)
    {
        int before = Interlocked.CompareExchange(ref _state, Moving, Between);
        if (before == New)
        {
            before = Interlocked.CompareExchange(ref _state, Moving, New);
        }

        begins = before == New;
        switch (before)
        {
            case New:
                Begin();
                return true;
            case Moving:
                throw ConsumerErrors.StillMoving();
            default:
                return before != Over;
        }
    }

    /// <summary>Ends a step, and also the read unless a record was found.</summary>
    public void Leave(bool found)
    {
        if (found)
        {
            Volatile.Write(ref _state, Between);
            return;
        }

        Volatile.Write(ref _state, Over);
        Release();
    }

    /// <summary>Ends the read for its caller.</summary>
    /// <exception cref="InvalidOperationException">A step is under way.</exception>
    public void End()
    {
        int before = Interlocked.CompareExchange(ref _state, Over, Between);
        switch (before)
        {
            case Between:
                Release();
                return;
            case Moving:
                throw ConsumerErrors.StillMoving();
            default:
                Interlocked.CompareExchange(ref _state, Over, New);
                return;
        }
    }

    private void Begin()
    {
        try
        {
            Tokens.ThrowIfCancelled();
            claim.Take();
        }
        catch
        {
            Volatile.Write(ref _state, Over);
            throw;
        }

        _methodRegistration = Register(Tokens.Method);
        _enumerationRegistration = Tokens.Enumeration == Tokens.Method ? default : Register(Tokens.Enumeration);
    }

    private CancellationTokenRegistration Register(CancellationToken token) =>
        token.UnsafeRegister(static state => ((WakeSignal)state!).Wake(), signal);

    private void Release()
    {
        // A callback that is just running only wakes the next read once too often.
        _methodRegistration.Unregister();
        _enumerationRegistration.Unregister();
        claim.Return();
    }
}
