using EmbeddedLog.Hosting.Handlers;
using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EmbeddedLog.Hosting.Health;

/// <summary>
/// Whether the service can do its work: the log is open and recovered, the disk has room, the handlers run and are not
/// too far behind. What somebody has stopped or paused, and a damaged partition, only degrade it.
/// </summary>
/// <param name="holder">The log.</param>
/// <param name="handlers">The handlers of all logs.</param>
internal sealed class ReadyCheck(LogHolder holder, IEnumerable<HandlerRunner> handlers) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!holder.TryGet(out CommitLog? log))
        {
            return new HealthCheckResult(
                context.Registration.FailureStatus, $"The log '{holder.Name}' is not open yet.");
        }

        List<string> failures = [];
        List<string> degradations = [];
        Dictionary<string, object> data = [];
        try
        {
            CheckDisk(failures, data);
            await CheckPartitionsAsync(log, failures, degradations, data, cancellationToken).ConfigureAwait(false);
            foreach (HandlerRunner handler in handlers.Where(each => each.Log == holder.Name))
            {
                await CheckHandlerAsync(handler, failures, degradations, data, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ObjectDisposedException)
        {
            failures.Add($"The log '{holder.Name}' is closed.");
        }

        return failures.Count > 0
                ? new HealthCheckResult(
                    context.Registration.FailureStatus, string.Join(" ", failures.Concat(degradations)), data: data)
            : degradations.Count > 0 ? HealthCheckResult.Degraded(string.Join(" ", degradations), data: data)
            : HealthCheckResult.Healthy(data: data);
    }

    private void CheckDisk(List<string> failures, Dictionary<string, object> data)
    {
        long free = new DriveInfo(holder.Path).AvailableFreeSpace;
        long needed = holder.Options.Health.MinFreeBytes;
        data["disk.free"] = free;
        if (free < needed)
        {
            failures.Add($"The volume of '{holder.Path}' has {free} bytes free, less than {needed}: free some.");
        }
    }

    private static async ValueTask CheckPartitionsAsync(
        CommitLog log,
        List<string> failures,
        List<string> degradations,
        Dictionary<string, object> data,
        CancellationToken cancellationToken)
    {
        foreach (TopicDescription topic in await log.ListTopicsAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (PartitionDescription partition in topic.Partitions.Where(each => each.Failure is not null))
            {
                data[$"partition.{partition.Partition}"] = partition.Failure!.Message;
                (partition.Failure is PartitionFailedException ? failures : degradations).Add(
                    $"Partition {partition.Partition} has failed.");
            }
        }
    }

    private static async ValueTask CheckHandlerAsync(
        HandlerRunner handler,
        List<string> failures,
        List<string> degradations,
        Dictionary<string, object> data,
        CancellationToken cancellationToken)
    {
        HandlerState state = handler.State;
        HandlerOptions options = handler.Options;
        data[$"handler.{handler.Name}"] = state.ToString();
        if (state == HandlerState.Failed)
        {
            failures.Add($"Handler '{handler.Name}' has failed: {handler.Failure?.Message}");
        }
        else if (state == HandlerState.Paused || (state == HandlerState.Stopped && options.AutoStart))
        {
            degradations.Add($"Handler '{handler.Name}' is {state}.");
        }

        if (options.MaxLag is null && options.MaxLagTime is null)
        {
            return;
        }

        ConsumerLag lag = await handler.GetLagAsync(cancellationToken).ConfigureAwait(false);
        data[$"handler.{handler.Name}.lag"] = lag.Records;
        if (lag.Records > options.MaxLag)
        {
            failures.Add($"Handler '{handler.Name}' is {lag.Records} records behind, more than {options.MaxLag}.");
        }

        if (lag.Time > options.MaxLagTime)
        {
            failures.Add($"Handler '{handler.Name}' is {lag.Time:c} behind, more than {options.MaxLagTime:c}.");
        }
    }
}
