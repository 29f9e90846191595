using EmbeddedLog.Testing.Machines;

namespace EmbeddedLog.Testing;

/// <summary>
/// Stands for what a handler changes in the world: a table, a queue, another service. It survives crashes of the log,
/// can be slow, and can fail before or after it has done its work. What it takes is what the laws count as handled.
/// </summary>
/// <typeparam name="TValue">The type of the records' values.</typeparam>
/// <remarks>
/// It takes the values that a consumer of the same <see cref="TestLog"/> has handed out, and finds the record by the
/// object, or by an equal one. Safe from any thread.
/// </remarks>
public sealed class EffectSink<TValue>
{
    private readonly TestMachine _machine;
    private readonly History _history;
    private readonly Lock _gate = new();

    /// <summary>Under the gate, as all below.</summary>
    private readonly List<TValue> _values = [];

    private readonly HashSet<object> _keys = [];
    private readonly Queue<bool> _failures = new();
    private TimeSpan _delay;

    internal EffectSink(TestMachine machine, History history)
    {
        _machine = machine;
        _history = history;
        history.HasSinks = true;
    }

    /// <summary>What it has taken until now, over all crashes, in its order.</summary>
    public IReadOnlyList<TValue> Values
    {
        get
        {
            lock (_gate)
            {
                return [.. _values];
            }
        }
    }

    /// <summary>Takes a value, as an insert without a unique index would: each time that it is called.</summary>
    /// <param name="value">The value of a record that was handed out.</param>
    /// <param name="cancellationToken">Cancels the call before it has done its work.</param>
    /// <exception cref="ArgumentException">No consumer has handed out such a value.</exception>
    /// <exception cref="IOException">It fails, as <see cref="FailNext"/> has planned.</exception>
    public Task AddAsync(TValue value, CancellationToken cancellationToken = default) =>
        TakeAsync(value, key: null, cancellationToken);

    /// <summary>Takes a value unless it has the key already, as an insert with a unique index would.</summary>
    /// <param name="key">The key; compared with its <c>Equals</c>.</param>
    /// <inheritdoc cref="AddAsync" path="/*[self::param or self::exception]"/>
    /// <param name="value">The value of a record that was handed out.</param>
    /// <param name="cancellationToken">Cancels the call before it has done its work.</param>
    /// <returns>False if it had the key.</returns>
    public Task<bool> TryAddAsync(object key, TValue value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return TakeAsync(value, key, cancellationToken);
    }

    /// <summary>One more call fails: the next one that is not planned to fail yet.</summary>
    /// <param name="afterEffect">Whether it has done its work all the same, like a call that timed out.</param>
    public void FailNext(bool afterEffect = false)
    {
        lock (_gate)
        {
            _failures.Enqueue(afterEffect);
        }
    }

    /// <summary>No call fails any more but for those that <see cref="FailNext"/> plans from now on.</summary>
    public void ForgetFailures()
    {
        lock (_gate)
        {
            _failures.Clear();
        }
    }

    /// <summary>Each call takes so long from now on, by the clock of the log.</summary>
    /// <param name="call">From 0, the default.</param>
    public void SlowDown(TimeSpan call)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(call, TimeSpan.Zero);
        lock (_gate)
        {
            _delay = call;
        }
    }

    private async Task<bool> TakeAsync(TValue value, object? key, CancellationToken cancellationToken)
    {
        HistoryEntry handed = (value is null ? null : _history.FindHandOut(value)) ?? throw Unknown(value);
        TimeSpan delay;
        bool? failure;
        lock (_gate)
        {
            delay = _delay;
            failure = _failures.TryDequeue(out bool afterEffect) ? afterEffect : null;
        }

        await _machine.YieldAsync().ConfigureAwait(false);
        if (delay > TimeSpan.Zero)
        {
            await WaitAsync(delay, cancellationToken).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (CodeScope.Current is { Life: { } life } && life != _machine.Life)
        {
            throw new OperationCanceledException("The process that has called was killed.");
        }

        if (failure == false)
        {
            throw new IOException("The sink has failed before its work, as planned.");
        }

        bool isNew = Take(value, key, handed);
        await _machine.YieldAsync().ConfigureAwait(false);
        return failure is null
            ? isNew
            : throw new IOException("The sink has failed after its work, as planned.");
    }

    /// <summary>A delay whose cancellation goes on where it is, as a simulation needs it.</summary>
    private async Task WaitAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        TaskCompletionSource over = new();
        ITimer timer = _machine.Time.CreateTimer(_ => over.TrySetResult(), null, delay, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            using CancellationTokenRegistration cancelled =
                cancellationToken.UnsafeRegister(_ => _machine.Queue(() => over.TrySetResult()), null);
            await over.Task.ConfigureAwait(false);
        }
    }

    private bool Take(TValue value, object? key, HistoryEntry handed)
    {
        lock (_gate)
        {
            if (key is not null && !_keys.Add(key))
            {
                return false;
            }

            _values.Add(value);
        }

        _history.Note(
            HistoryEntryKind.Effect,
            handed.Partition,
            handed.Offset,
            handed.Group,
            CodeScope.Current?.Member ?? handed.Member,
            handed.Key,
            value,
            cause: handed.Number);
        return true;
    }

    private static ArgumentException Unknown(TValue? value) => new(
        $"No consumer of this log has handed out {(value is null ? "null" : value)}: give the sink the value of the "
        + "record that is handled.",
        nameof(value));
}
