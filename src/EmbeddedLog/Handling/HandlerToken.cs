using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>
/// The token of the handlers of one partition. It is cancelled as an item of the work queue: what others have
/// registered there may throw, or never return.
/// </summary>
#pragma warning disable CA1001 // Without a timer the source needs no disposal, and handlers may use it after the end.
internal sealed class HandlerToken : IThreadPoolWorkItem
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _told = new();
    private WorkQueue? _work;

    /// <summary>The token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Complete when the token says that it is cancelled. For one who waits.</summary>
    public Task Told => _told.Task;

    /// <summary>Cancels the token, soon.</summary>
    public void Cancel(WorkQueue work)
    {
        if (Interlocked.CompareExchange(ref _work, work, null) is null)
        {
            work.Queue(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            // What was registered last is called first, and only queues: who waits goes on elsewhere.
            _source.Token.UnsafeRegister(
                static state =>
                {
                    var owner = (HandlerToken)state!;
                    owner._work!.Queue(new Telling(owner._told));
                },
                this);
            _source.Cancel();
        }
#pragma warning disable CA1031 // The user's own callbacks: the handlers are told all the same.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private sealed class Telling(TaskCompletionSource told) : IThreadPoolWorkItem
    {
        public void Execute() => told.SetResult();
    }
}
