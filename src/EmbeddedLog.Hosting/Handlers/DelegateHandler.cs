namespace EmbeddedLog.Hosting.Handlers;

/// <summary>A handler that is a method.</summary>
/// <param name="services">The services of the scope.</param>
/// <param name="handle">The method.</param>
internal sealed class DelegateHandler<TKey, TValue>(
    IServiceProvider services, Func<Record<TKey, TValue>, IServiceProvider, CancellationToken, ValueTask> handle)
    : IRecordHandler<TKey, TValue>
{
    public ValueTask HandleAsync(Record<TKey, TValue> record, CancellationToken cancellationToken) =>
        handle(record, services, cancellationToken);
}
