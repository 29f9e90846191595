using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace EmbeddedLog.Hosting.Handlers;

/// <summary>Runs a handler of records of one type.</summary>
/// <param name="name">The handler's name.</param>
/// <param name="topics">What it reads.</param>
/// <param name="group">Its group.</param>
/// <param name="create">Makes the handler, from the services of a scope.</param>
/// <param name="scopes">Makes scopes.</param>
/// <param name="keys">Reads keys; null for the log's own way.</param>
/// <param name="values">Reads values; null for the log's own way.</param>
/// <param name="holder">Its log.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is told what becomes of it.</param>
internal sealed class RecordHandlerRunner<TKey, TValue>(
    string name,
    Subscription topics,
    string group,
    Func<IServiceProvider, IRecordHandler<TKey, TValue>> create,
    IServiceScopeFactory scopes,
    IDeserializer<TKey>? keys,
    IDeserializer<TValue>? values,
    LogHolder holder,
    TimeProvider time,
    ILogger logger) : HandlerRunner(name, topics, group, holder, time, logger)
{
    /// <summary>How long records wait for a circuit that does not say when it closes.</summary>
    private static readonly TimeSpan s_circuitPause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override void Check()
    {
        using IServiceScope scope = scopes.CreateScope();
        try
        {
            _ = create(scope.ServiceProvider);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException(
                $"Handler '{Name}' of log '{Log}' cannot be made: {failure.Message}", failure);
        }
    }

    /// <inheritdoc/>
    protected override async Task LoopAsync(
        CommitLog log, HandlerOptions options, ForEachOptions loop, ConsumerOptions consumer, CancellationToken stop)
    {
        Consumer<TKey, TValue> reader = log.CreateConsumer(Topics, Group, consumer, keys, values);
        await using (reader.ConfigureAwait(false))
        {
            Use(reader);
            try
            {
                ResiliencePipeline? pipeline = options.Pipeline;
                await reader.ForEachAsync(
                    pipeline is null ? HandleAsync : (record, token) => HandleAsync(pipeline, record, token),
                    loop,
                    stop).ConfigureAwait(false);
            }
            finally
            {
                Use(null);
            }
        }
    }

    private async ValueTask HandleAsync(Record<TKey, TValue> record, CancellationToken cancellationToken)
    {
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            await create(scope.ServiceProvider).HandleAsync(record, cancellationToken).ConfigureAwait(false);
        }

        NoteHandled();
    }

    private async ValueTask HandleAsync(
        ResiliencePipeline pipeline, Record<TKey, TValue> record, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await pipeline.ExecuteAsync(
                    static (call, token) => call.Owner.HandleAsync(call.Record, token),
                    (Owner: this, Record: record),
                    cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (BrokenCircuitException open)
            {
                // No attempt was made. The record waits in hand, and others fill what may be in hand: a pause.
                TimeSpan delay = open.RetryAfter is { } after && after > TimeSpan.Zero ? after : s_circuitPause;
                HostingLog.CircuitOpen(Logger, Name, Log, delay);
                await Task.Delay(delay, Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
