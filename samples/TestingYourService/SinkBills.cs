using EmbeddedLog.Testing;

namespace TestingYourService;

/// <summary>Bills that a test looks at.</summary>
public sealed class SinkBills(EffectSink<Order> sink) : IBills
{
    /// <inheritdoc/>
    public Task<bool> TryAddAsync(Order order, CancellationToken cancellationToken) =>
        sink.TryAddAsync(order.Id, order, cancellationToken);

    /// <inheritdoc/>
    public Task AddAsync(Order order, CancellationToken cancellationToken) => sink.AddAsync(order, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyCollection<int> ListOrders() => [.. sink.Values.Select(order => order.Id)];
}
