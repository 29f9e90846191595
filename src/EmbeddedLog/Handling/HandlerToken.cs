namespace EmbeddedLog.Handling;

/// <summary>
/// The token of the handlers of one partition. It is cancelled as an item of the work queue: what others have
/// registered there may throw, or never return.
/// </summary>
internal sealed class HandlerToken : IThreadPoolWorkItem
{
#pragma warning disable CA1001, CA2213 // It has neither a timer nor a wait handle of ours.
    private readonly CancellationTokenSource _source = new();
#pragma warning restore CA1001, CA2213

    /// <summary>The token.</summary>
    public CancellationToken Token => _source.Token;

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _source.Cancel();
        }
#pragma warning disable CA1031 // The user's own callbacks: the handlers are told all the same.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
