namespace EmbeddedLog.Testing.Recording;

/// <summary>A read whose items are noted: when they are handed out, and when the next one is asked for.</summary>
/// <param name="source">The read.</param>
/// <param name="gate">Lets each step through.</param>
/// <param name="handedOut">Notes an item.</param>
/// <param name="finished">Notes that it is finished.</param>
/// <param name="decide">What goes wrong on purpose with an item; null for nothing.</param>
internal sealed class RecordingSequence<T>(
    IAsyncEnumerable<T> source,
    CallGate gate,
    Action<T> handedOut,
    Action<T> finished,
    Func<T, SabotageKind>? decide) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(this, source.GetAsyncEnumerator(cancellationToken));

    private sealed class Enumerator(RecordingSequence<T> owner, IAsyncEnumerator<T> inner) : IAsyncEnumerator<T>
    {
        /// <summary>Items that were held back, to come behind the next one.</summary>
        private readonly Queue<T> _late = new();
        private bool _hasCurrent;

        public T Current { get; private set; } = default!;

        public ValueTask<bool> MoveNextAsync() => owner._gate.CallAsync(MoveAsync);

        public ValueTask DisposeAsync() => owner._gate.CloseAsync(inner.DisposeAsync);

        private async ValueTask<bool> MoveAsync()
        {
            if (_hasCurrent)
            {
                _hasCurrent = false;
                owner._finished(Current);
            }

            if (!_late.TryDequeue(out T? item))
            {
                do
                {
                    if (!await inner.MoveNextAsync().ConfigureAwait(false))
                    {
                        return false;
                    }

                    item = inner.Current;
                }
                while (IsLostOrLate(item));
            }

            Current = item;
            _hasCurrent = true;
            owner._handedOut(item);
            return true;
        }

        private bool IsLostOrLate(T item)
        {
            SabotageKind kind = owner._decide?.Invoke(item) ?? SabotageKind.None;
            if (kind == SabotageKind.Delay)
            {
                _late.Enqueue(item);
            }

            return kind != SabotageKind.None;
        }
    }

    private readonly CallGate _gate = gate;
    private readonly Action<T> _handedOut = handedOut;
    private readonly Action<T> _finished = finished;
    private readonly Func<T, SabotageKind>? _decide = decide;
}
