using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Concurrency;

/// <summary>The rounds of something that is done again and again, one at a time, until it is stopped.</summary>
internal sealed class BackgroundRounds : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();

    /// <summary>The round under way, or the last one. Under the gate.</summary>
    private Task _round = Task.CompletedTask;

    /// <summary>Cancelled by stopping.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Begins a round on this thread, unless they were stopped.</summary>
    /// <param name="round">The round. The last one is over.</param>
    public void Begin(Func<Task> round)
    {
        TaskCompletionSource over = new();
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            // Known before it begins, so that whoever stops waits for it.
            _round = over.Task;
        }

        _ = RunAsync(round, over);
    }

    /// <summary>Begins no more rounds, and waits until the one under way is over. Then this is disposed.</summary>
    public async ValueTask StopAsync(WaitMode how)
    {
        // Here and now, for the asynchronous way leaves for a thread of the pool; no round begins from here on.
#pragma warning disable CA1849
        _stop.Cancel();
#pragma warning restore CA1849
        Task round;
        lock (_gate)
        {
            round = _round;
        }

        await how.For(round).ConfigureAwait(false);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static async Task RunAsync(Func<Task> round, TaskCompletionSource over)
    {
        try
        {
            await round().ConfigureAwait(false);
        }
        finally
        {
            over.SetResult();
        }
    }
}
