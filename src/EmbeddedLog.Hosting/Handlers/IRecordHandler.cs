namespace EmbeddedLog.Hosting;

/// <summary>
/// Handles the records of a handler that was added to a log. Made anew for each attempt, in a scope of its own, so that
/// it can have scoped services.
/// </summary>
/// <typeparam name="TKey">The key's type.</typeparam>
/// <typeparam name="TValue">The value's type.</typeparam>
public interface IRecordHandler<TKey, TValue>
{
    /// <summary>
    /// Handles a record. When it ends, the record is finished. If it throws, the record is tried again, as
    /// <see cref="HandlerOptions.Retry"/> says. A record may come more than once, after a crash too.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the record does not count any more: its partition was lost, or the handler stops and
    /// <see cref="HandlerOptions.DrainTimeout"/> is over.
    /// </param>
    ValueTask HandleAsync(Record<TKey, TValue> record, CancellationToken cancellationToken);
}
