namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// The tokens that may end a read: the one given to the consumer's method, and the one given to its enumeration.
/// </summary>
internal readonly record struct ReadTokens(CancellationToken Method, CancellationToken Enumeration)
{
    /// <summary>Whether either was cancelled.</summary>
    public bool IsCancelled => Method.IsCancellationRequested || Enumeration.IsCancellationRequested;

    /// <summary>One of the two that can be cancelled, if either can.</summary>
    public CancellationToken Any => Method.CanBeCanceled ? Method : Enumeration;

    /// <summary>Throws with the token that was cancelled.</summary>
    public void ThrowIfCancelled()
    {
        Method.ThrowIfCancellationRequested();
        Enumeration.ThrowIfCancellationRequested();
    }
}
