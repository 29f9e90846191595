using System.Threading.Tasks.Sources;
using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency.Waiters;

/// <summary>
/// A waiter that is awaited, once for each use. Its continuation runs on the work queue, never on the releasing stack.
/// It can be used again when its result was taken, unless a token may still call it.
/// </summary>
internal abstract class AwaitedWaiter<TResult> : OffsetWaiter, IThreadPoolWorkItem
{
    private readonly WorkQueue _work;

    private ManualResetValueTaskSourceCore<TResult> _core;

    /// <summary>Zero while pending; the thread that changes it to one releases.</summary>
    private int _released;

    /// <summary>Set once by the releasing thread, before the item is queued; read by the item.</summary>
    private Exception? _failure;

    /// <summary>Set before the waiter is on a list; read by the thread that takes the result.</summary>
    private CancellationTokenRegistration _registration;

    /// <summary>Whether the token has called, perhaps during its registration.</summary>
    private bool _tokenCalled;

    protected AwaitedWaiter(WorkQueue work) => _work = work;

    /// <summary>The result of the wait; set before the waiter can be released.</summary>
    protected TResult Result { get; set; } = default!;

    /// <summary>The number of this use, for the task.</summary>
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

    /// <summary>Ends the wait, without the rest of a release.</summary>
    protected void End(Exception failure)
    {
        if (TryEnd(failure) is { } item)
        {
            _work.Queue(item);
        }
    }

    /// <summary>The same; returns the work item that completes it, or null if the wait has ended before.</summary>
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
    /// Lets a token end the wait. Call it before the waiter is on a list: later, the wait could end before the
    /// registration is stored, and the registration would live as long as the token.
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

    /// <summary>Called by the token: takes the waiter off its list, and releases it.</summary>
    protected abstract void Cancel(CancellationToken token);

    /// <summary>Throws if the result is taken too early or twice. The waiter must not be used again then.</summary>
    protected void ThrowIfPending(short token, string what)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException($"{what}: await it, or take AsTask() to block.");
        }
    }

    /// <summary>The result of the wait.</summary>
    protected TResult TakeResult(short token) => _core.GetResult(token);

    /// <summary>
    /// Prepares the next use, after the result was taken. False if the waiter must be left to the collector, because a
    /// token has called or is about to, and the waiter may still be on a list.
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
