using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Errors;

namespace EmbeddedLog.Opening;

/// <summary>Serialises what changes the set of topics, and closing: once it is closed, nobody gets in.</summary>
internal sealed class ChangeLock(WorkQueue work)
{
    private readonly AsyncFifoLock _inside = new(work);

    /// <summary>Set once, inside; read by everyone.</summary>
    private bool _closed;

    /// <summary>Whether it is closed.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Waits until nobody else changes anything; the caller is inside until it disposes the scope.</summary>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public async ValueTask<AsyncFifoLock.Scope> EnterAsync(CancellationToken cancellationToken)
    {
        await _inside.EnterAsync(cancellationToken).ConfigureAwait(false);
        if (_closed)
        {
            _inside.Exit();
            throw SharedErrors.Disposed();
        }

        return new AsyncFifoLock.Scope(_inside);
    }

    /// <summary>Waits until nobody changes anything, and closes; false where it was closed before.</summary>
    public async ValueTask<bool> CloseAsync(WaitMode how)
    {
        await how.For(_inside.EnterAsync(CancellationToken.None).AsTask()).ConfigureAwait(false);
        bool first = !_closed;
        Volatile.Write(ref _closed, true);

        // Left at once: who wants to change topics, perhaps a logger that the closing calls, is told that it is over.
        _inside.Exit();
        return first;
    }

    /// <summary>Throws once it is closed.</summary>
    public void ThrowIfClosed()
    {
        if (IsClosed)
        {
            throw SharedErrors.Disposed();
        }
    }
}
