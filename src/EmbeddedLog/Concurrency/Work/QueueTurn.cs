using System.Runtime.CompilerServices;

namespace EmbeddedLog.Concurrency.Work;

/// <summary>
/// To be awaited: the awaiter goes on as an item of the work queue, and never on the stack that it is on.
/// </summary>
/// <param name="work">The queue.</param>
internal readonly struct QueueTurn(WorkQueue work) : ICriticalNotifyCompletion
{
    /// <summary>Never: that is what it is awaited for.</summary>
    public bool IsCompleted => false;

    /// <summary>It is its own awaiter.</summary>
    public QueueTurn GetAwaiter() => this;

    /// <summary>There is no result.</summary>
    public void GetResult()
    {
    }

    /// <inheritdoc/>
    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <inheritdoc/>
    public void UnsafeOnCompleted(Action continuation) => work.Queue(new Item(continuation));

    private sealed class Item(Action continuation) : IThreadPoolWorkItem
    {
        public void Execute() => continuation();
    }
}
