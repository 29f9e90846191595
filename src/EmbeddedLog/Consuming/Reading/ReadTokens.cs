namespace EmbeddedLog.Consuming.Reading;

/// <summary>
/// The tokens that may end a read: the one given to the consumer's method, and the one given to its enumeration.
/// </summary>
internal readonly record struct ReadTokens(CancellationToken Method, CancellationToken Enumeration)
{
    /// <summary>Whether either was cancelled.</summary>
    public bool IsCancelled => Method.IsCancellationRequested || Enumeration.IsCancellationRequested;

    /// <summary>Waits with both tokens; throws with the one that was cancelled.</summary>
    /// <param name="wait">What waits until its token is cancelled.</param>
    public async ValueTask WaitAsync(Func<CancellationToken, ValueTask> wait)
    {
        if (!Method.CanBeCanceled || !Enumeration.CanBeCanceled)
        {
            await wait(Method.CanBeCanceled ? Method : Enumeration).ConfigureAwait(false);
            return;
        }

        using var both = CancellationTokenSource.CreateLinkedTokenSource(Method, Enumeration);
        try
        {
            await wait(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            ThrowIfCancelled();
            throw;
        }
    }

    /// <summary>Throws with the token that was cancelled.</summary>
    public void ThrowIfCancelled()
    {
        Method.ThrowIfCancellationRequested();
        Enumeration.ThrowIfCancellationRequested();
    }
}
