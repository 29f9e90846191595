using EmbeddedLog.Consuming.Reading;

namespace EmbeddedLog.Consuming.Sequences;

/// <summary>One read, batch by batch.</summary>
internal sealed class BatchEnumerator<TKey, TValue> : IAsyncEnumerator<IReadOnlyList<Record<TKey, TValue>>>
{
    private readonly RecordReader<TKey, TValue> _reader;
    private readonly BatchLimits _limits;
    private readonly ReadScope _scope;
    private Record<TKey, TValue>[]? _current;

    public BatchEnumerator(RecordReader<TKey, TValue> reader, BatchLimits limits, ReadTokens tokens)
    {
        _reader = reader;
        _limits = limits;
        _scope = new ReadScope(reader.Claim, reader.Signal, tokens);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Record<TKey, TValue>> Current => _current ?? [];

    /// <inheritdoc/>
    public async ValueTask<bool> MoveNextAsync()
    {
        _current = null;
        if (!_scope.TryEnter(out bool begins))
        {
            return false;
        }

        try
        {
            if (begins)
            {
                _reader.Begin(ends: null);
            }
            else
            {
                _reader.Finish();
            }

            do
            {
                _scope.Tokens.ThrowIfCancelled();
                _reader.ThrowIfStopped();
                _current = _reader.TakeBatch(_limits.MaxRecords);
            }
            while (_current is null
                && await _reader.FillBatchAsync(_limits, _scope.Tokens).ConfigureAwait(false));
        }
        finally
        {
            _scope.Leave(_current is not null);
        }

        return _current is not null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _scope.End();
        return ValueTask.CompletedTask;
    }
}
