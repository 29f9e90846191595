using EmbeddedLog.Consuming.Positions;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// Lets one read at a time use the reader's objects, and none after the consumer was disposed: the last of the two, the
/// reader or the disposal, releases those objects.
/// </summary>
/// <param name="giveUp">Releases the reader's objects; called once.</param>
internal sealed class ReadClaim(Action giveUp)
{
    private const int Free = 0;
    private const int Taken = 1;
    private const int Closed = 2;

    private int _state;

    /// <summary>
    /// Set by the disposal, before the claim is closed; read by the reader after it has returned the claim.
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

    /// <summary>Returns the claim.</summary>
    public void Return()
    {
        // A full fence: either this thread sees that the claim must be closed, or the closing thread sees it free.
        Interlocked.Exchange(ref _state, Free);
        if (IsClosing)
        {
            CloseIfFree();
        }
    }

    /// <summary>Prevents further reads; false if that was done before.</summary>
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
