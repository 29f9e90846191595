using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;

namespace EmbeddedLog.Consuming.Sequences;

/// <summary>
/// One read of a consumer, from the first step of its enumerator to the last: it keeps other reads out, and wakes the
/// reader when a token is cancelled. Used by one caller at a time, which it checks.
/// </summary>
/// <param name="claim">What keeps other reads out.</param>
/// <param name="signal">What wakes the reader.</param>
/// <param name="tokens">What may end the read.</param>
internal sealed class ReadScope(ReadClaim claim, WakeSignal signal, ReadTokens tokens)
{
    private const int New = 0;
    private const int Between = 1;
    private const int Moving = 2;
    private const int Over = 3;

    /// <summary>
    /// Exchanged at the edges of each step that may wait, so that a second one at the same time is noticed.
    /// </summary>
    private int _state;

    private CancellationTokenRegistration _methodRegistration;
    private CancellationTokenRegistration _enumerationRegistration;

    /// <summary>What may end the read.</summary>
    public ReadTokens Tokens { get; } = tokens;

    /// <summary>Whether the read has begun, nobody is taking a step, and none of the tokens is cancelled.</summary>
    public bool CanStep => Volatile.Read(ref _state) == Between && !Tokens.IsCancelled;

    /// <summary>Begins a step, and with the first one the read; false where the read is over.</summary>
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

    /// <summary>Ends a step, and the read with it unless something was found.</summary>
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

    /// <summary>Ends the read at its reader's wish.</summary>
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
        // A callback that is just running only wakes the next read for nothing.
        _methodRegistration.Unregister();
        _enumerationRegistration.Unregister();
        claim.Return();
    }
}
