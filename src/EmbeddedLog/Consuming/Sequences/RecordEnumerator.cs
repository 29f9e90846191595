using System.Runtime.CompilerServices;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Consuming.Reading;

namespace EmbeddedLog.Consuming.Sequences;

/// <summary>
/// One read, record by record. Written by hand, since most steps only take a record read ahead and must not pay for a
/// state machine.
/// </summary>
internal sealed class RecordEnumerator<TKey, TValue> : IAsyncEnumerator<Record<TKey, TValue>>
{
    private readonly RecordReader<TKey, TValue> _reader;
    private readonly ReadEnds? _ends;
    private readonly ReadScope _scope;
    private Record<TKey, TValue> _current;

    public RecordEnumerator(RecordReader<TKey, TValue> reader, ReadEnds? ends, ReadTokens tokens)
    {
        _reader = reader;
        _ends = ends;
        _scope = new ReadScope(reader.Claim, reader.Signal, tokens);
    }

    /// <inheritdoc/>
    public Record<TKey, TValue> Current => _current;

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync() =>
        _scope.CanStep && _reader.TryTake(out _current) ? new ValueTask<bool>(true) : StepAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _scope.End();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> StepAsync()
    {
        _current = default;
        if (!_scope.TryEnter(out bool begins))
        {
            return false;
        }

        bool found = false;
        try
        {
            if (begins)
            {
                _reader.Begin(_ends);
            }
            else
            {
                // The step to the next record finishes the last one, also if the step fails.
                _reader.Finish();
            }

            do
            {
                _scope.Tokens.ThrowIfCancelled();
                _reader.ThrowIfStopped();
                found = _reader.TryTake(out _current);
            }
            while (!found && await _reader.FillAsync(_ends, _scope.Tokens).ConfigureAwait(false));
        }
        finally
        {
            _scope.Leave(found);
        }

        return found;
    }
}
