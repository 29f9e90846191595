using EmbeddedLog.Concurrency.Work;

namespace EmbeddedLog.Handling;

/// <summary>
/// Handles one record after the other for as long as there are any. One that ends at once costs no turn of the work
/// queue; behind one that does not, the worker goes on through the queue, and not on the stack that has ended it.
/// </summary>
/// <param name="owner">Gives the records.</param>
/// <param name="handler">The user's handler.</param>
/// <param name="policy">What becomes of records whose last attempt has failed.</param>
/// <param name="context">The caller's context, in which each handler begins; null where its flow is suppressed.</param>
/// <param name="work">Runs the worker.</param>
internal sealed class HandlingWorker<TKey, TValue>(
    RecordHandling<TKey, TValue> owner,
    Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler,
    FailurePolicy policy,
    ExecutionContext? context,
    WorkQueue work) : IThreadPoolWorkItem
{
    /// <summary>After so many records others have a turn on the thread.</summary>
    private const int MaxRecordsInATurn = 64;

    private static readonly ContextCallback s_run = static state => ((HandlingWorker<TKey, TValue>)state!).Run();

    void IThreadPoolWorkItem.Execute()
    {
        if (context is null)
        {
            Run();
        }
        else
        {
            ExecutionContext.Run(context, s_run, this);
        }
    }

    private void Run()
    {
        RecordInHand<TKey, TValue>? ended = null;
        for (int i = 0; i < MaxRecordsInATurn; i++)
        {
            if (!owner.TryGoOn(ended, out RecordInHand<TKey, TValue>? record))
            {
                return;
            }

            ValueTask attempt = Begin(record);
            if (!attempt.IsCompletedSuccessfully)
            {
                _ = SettleAsync(record, attempt);
                return;
            }

            attempt.GetAwaiter().GetResult();
            ended = record;
        }

        owner.End(ended!);
        work.Queue(this);
    }

    private ValueTask Begin(RecordInHand<TKey, TValue> record)
    {
        if (context is not null)
        {
            // What the handler before it has set there is its own.
            ExecutionContext.Restore(context);
        }

        if (record.Traits.Fault is { } fault)
        {
            return ValueTask.FromException(fault);
        }

        try
        {
            return handler(record.Record, record.Window.Partition.Token.Token);
        }
#pragma warning disable CA1031 // The handler's own, as if it had come out of its task.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return ValueTask.FromException(failure);
        }
    }

    private async Task SettleAsync(RecordInHand<TKey, TValue> record, ValueTask attempt)
    {
        try
        {
            await attempt.ConfigureAwait(false);
            owner.End(record);
        }
#pragma warning disable CA1031 // Whatever it is, the policy decides.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!owner.TryRetry(record, failure))
            {
                await DecideAsync(record, failure).ConfigureAwait(false);
            }
        }

        work.Queue(this);
    }

    private async ValueTask DecideAsync(RecordInHand<TKey, TValue> record, Exception failure)
    {
        if (await policy.ApplyAsync(record, failure).ConfigureAwait(false) is { } stops)
        {
            owner.Fail(record, stops);
        }
        else
        {
            owner.End(record);
        }
    }
}
