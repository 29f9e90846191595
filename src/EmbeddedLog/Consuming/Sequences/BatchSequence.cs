using EmbeddedLog.Consuming.Reading;

namespace EmbeddedLog.Consuming.Sequences;

/// <summary>A consumer's records in batches: each enumeration is a separate read.</summary>
/// <param name="reader">Returns the records.</param>
/// <param name="limits">How large a batch gets, and how long it waits for that.</param>
/// <param name="cancellationToken">Ends the reading.</param>
internal sealed class BatchSequence<TKey, TValue>(
    RecordReader<TKey, TValue> reader, BatchLimits limits, CancellationToken cancellationToken)
    : IAsyncEnumerable<IReadOnlyList<Record<TKey, TValue>>>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<IReadOnlyList<Record<TKey, TValue>>> GetAsyncEnumerator(CancellationToken cancellation) =>
        new BatchEnumerator<TKey, TValue>(reader, limits, new ReadTokens(cancellationToken, cancellation));
}
