using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;

namespace EmbeddedLog.Consuming.Sequences;

/// <summary>A consumer's records one by one: each enumeration is a separate read.</summary>
/// <param name="reader">Returns the records.</param>
/// <param name="ends">The ends of the partitions for this read, or null for a read without end.</param>
/// <param name="cancellationToken">Ends the reading.</param>
internal sealed class RecordSequence<TKey, TValue>(
    RecordReader<TKey, TValue> reader, ReadEnds? ends, CancellationToken cancellationToken)
    : IAsyncEnumerable<Record<TKey, TValue>>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<Record<TKey, TValue>> GetAsyncEnumerator(CancellationToken cancellation) =>
        new RecordEnumerator<TKey, TValue>(reader, ends, new ReadTokens(cancellationToken, cancellation));
}
