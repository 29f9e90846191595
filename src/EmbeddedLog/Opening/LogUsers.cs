using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Opening;

/// <summary>
/// The consumers and producers of a log, which are disposed with it. Unreferenced ones are not kept: the partitions'
/// closing flushes their records.
/// </summary>
internal sealed class LogUsers
{
    private readonly ConditionalWeakTable<IAsyncDisposable, object?> _consumers = [];
    private readonly ConditionalWeakTable<IAsyncDisposable, object?> _producers = [];

    /// <summary>Notes a consumer.</summary>
    public T AddConsumer<T>(T consumer)
        where T : class, IDisposable, IAsyncDisposable
    {
        _consumers.Add(consumer, null);
        return consumer;
    }

    /// <summary>Notes a producer.</summary>
    public T AddProducer<T>(T producer)
        where T : class, IDisposable, IAsyncDisposable
    {
        _producers.Add(producer, null);
        return producer;
    }

    /// <summary>Disposes all: first the consumers, which commit, then the producers, which flush.</summary>
    public async ValueTask DisposeAsync(ClosingSteps steps, WaitMode how)
    {
        foreach ((IAsyncDisposable user, _) in _consumers.Concat(_producers).ToArray())
        {
            if (how.Blocks)
            {
                steps.Do(((IDisposable)user).Dispose);
            }
            else
            {
                await steps.DoAsync(user.DisposeAsync).ConfigureAwait(false);
            }
        }
    }
}
