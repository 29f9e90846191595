using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Lets one read at a time use what only a reader may use, and after the consumer was disposed nobody any more: whoever
/// is last, the reader or the one who disposes, gives that up.
/// </summary>
/// <param name="giveUp">Gives up what readers use; called once.</param>
internal sealed class ReadClaim(Action giveUp)
{
    private const int Free = 0;
    private const int Taken = 1;
    private const int Closed = 2;

    private int _state;

    /// <summary>
    /// Set by disposing, before the claim is closed; read by the reader after it has given the claim back.
    /// </summary>
    private bool _closing;

    /// <summary>Whether the consumer was disposed.</summary>
    public bool IsClosing => Volatile.Read(ref _closing);

    /// <summary>Takes the claim.</summary>
    /// <exception cref="InvalidOperationException">Another read has it.</exception>
    /// <exception cref="ObjectDisposedException">The consumer was disposed.</exception>
    public void Take()
    {
        int before = Interlocked.CompareExchange(ref _state, Taken, Free);
        if (before == Closed || IsClosing)
        {
            if (before == Free)
            {
                Return();
            }

            throw ConsumerErrors.Disposed();
        }

        if (before == Taken)
        {
            throw ConsumerErrors.AlreadyReading();
        }
    }

    /// <summary>Gives the claim back.</summary>
    public void Return()
    {
        // A full fence: either this thread sees that the claim is to be closed, or the closing one sees it free.
        Interlocked.Exchange(ref _state, Free);
        if (IsClosing)
        {
            CloseIfFree();
        }
    }

    /// <summary>Lets no read begin any more; false where that was done before.</summary>
    public bool TryClose()
    {
        if (Interlocked.Exchange(ref _closing, true))
        {
            return false;
        }

        CloseIfFree();
        return true;
    }

    private void CloseIfFree()
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Free) == Free)
        {
            giveUp();
        }
    }
}
