using System.Runtime.CompilerServices;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>
/// The consumers and producers of a log, which its closing disposes. A user that nobody refers to any more is still
/// found while it owes something: a commit, records that wait for room, or a failure that nobody was told of. All
/// others are left to the collector.
/// </summary>
internal sealed class LogUsers
{
    /// <summary>
    /// The consumers, each by what also a read under way refers to: a consumer is kept while that is.
    /// </summary>
    private readonly ConditionalWeakTable<object, IAsyncDisposable> _consumers = [];

    /// <summary>The producers, each by what also a record in flight refers to.</summary>
    private readonly ConditionalWeakTable<object, IAsyncDisposable> _producers = [];

    private readonly Lock _gate = new();

    /// <summary>What is kept until it is disposed. Under the gate.</summary>
    private readonly HashSet<object> _kept = new(ReferenceEqualityComparer.Instance);

    /// <summary>Notes a consumer.</summary>
    /// <param name="core">What a read under way refers to.</param>
    /// <param name="consumer">What is disposed.</param>
    public void AddConsumer<T>(object core, T consumer)
        where T : class, IDisposable, IAsyncDisposable =>
        _consumers.Add(core, consumer);

    /// <summary>Notes a producer, by what records in flight refer to.</summary>
    public void AddProducer<T>(T core)
        where T : class, IDisposable, IAsyncDisposable =>
        _producers.Add(core, core);

    /// <summary>Keeps a user that owes something until it is disposed, though nobody may refer to it.</summary>
    public void Keep(object core)
    {
        lock (_gate)
        {
            _kept.Add(core);
        }
    }

    /// <summary>Forgets a user that is being disposed.</summary>
    public void Remove(object core)
    {
        lock (_gate)
        {
            _kept.Remove(core);
        }

        _consumers.Remove(core);
        _producers.Remove(core);
    }

    /// <summary>Disposes all: first the consumers, which commit, then the producers, which flush.</summary>
    public async ValueTask DisposeAsync(ClosingSteps steps, WaitMode how)
    {
        foreach ((_, IAsyncDisposable user) in _consumers.Concat(_producers).ToArray())
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
