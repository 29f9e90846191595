using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>
/// A waiter that is awaited, once for each use. Its continuation runs on the work queue, never on the stack of whoever
/// releases it. It can be used again once its outcome was taken, unless a token may still call it.
/// </summary>
internal abstract class AwaitedWaiter<TResult> : OffsetWaiter, IThreadPoolWorkItem
{
    private readonly WorkQueue _work;

    private ManualResetValueTaskSourceCore<TResult> _core;

    /// <summary>Zero while pending; the one who changes it to one releases.</summary>
    private int _released;

    /// <summary>Set once by whoever releases, before the item is queued; read by the item.</summary>
    private Exception? _failure;

    /// <summary>Set before it is on any list; read by whoever takes the outcome.</summary>
    private CancellationTokenRegistration _registration;

    /// <summary>Whether the token has called, perhaps already while it was asked to.</summary>
    private bool _tokenCalled;

    protected AwaitedWaiter(WorkQueue work) => _work = work;

    /// <summary>What the wait ends in; set before it can be released.</summary>
    protected TResult Result { get; set; } = default!;

    /// <summary>Which use this is, for the task.</summary>
    protected short Version => _core.Version;

    /// <inheritdoc/>
    public sealed override void Release(Exception? failure)
    {
        if (ReleaseAmongMany(failure) is { } item)
        {
            _work.Queue(item);
        }
    }

    /// <inheritdoc/>
    public override IThreadPoolWorkItem? ReleaseAmongMany(Exception? failure) => TryEnd(failure);

    /// <summary>Ends the wait, and nothing of what else a release does.</summary>
    protected void End(Exception failure)
    {
        if (TryEnd(failure) is { } item)
        {
            _work.Queue(item);
        }
    }

    /// <summary>The same; returns the work that tells it, or null where it has ended before.</summary>
    protected IThreadPoolWorkItem? TryEnd(Exception? failure)
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
        {
            return null;
        }

        _failure = failure;
        return this;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_failure is null)
        {
            _core.SetResult(Result);
        }
        else
        {
            _core.SetException(_failure);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>
    /// Lets a token end the wait. Before it is on any list: once it is there it can be done before the registration is
    /// known, which would then stay for as long as the token lives.
    /// </summary>
    protected void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) =>
                {
                    var waiter = (AwaitedWaiter<TResult>)state!;
                    Volatile.Write(ref waiter._tokenCalled, true);
                    waiter.Cancel(token);
                },
                this);
        }
    }

    /// <summary>Called by the token: takes it from where it waits, and releases it.</summary>
    protected abstract void Cancel(CancellationToken token);

    /// <summary>
    /// Throws where the outcome is asked for too early, or a second time; it must not be used again because of that.
    /// </summary>
    protected void ThrowIfPending(short token, string what)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException($"{what}: await it, or take AsTask() to block.");
        }
    }

    /// <summary>The outcome of the wait.</summary>
    protected TResult TakeResult(short token) => _core.GetResult(token);

    /// <summary>
    /// Makes it ready for its next use, after the outcome was taken; false where it must be left to the collector, for
    /// a token has called, or is about to, and it may still be on a list.
    /// </summary>
    protected bool TryReset()
    {
        bool mayCall = _registration.Token.CanBeCanceled && !_registration.Unregister();
        if (mayCall || Volatile.Read(ref _tokenCalled))
        {
            return false;
        }

        _core.Reset();
        _registration = default;
        _failure = null;
        _released = 0;
        Result = default!;
        return true;
    }
}
