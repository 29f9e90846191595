using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EmbeddedLog.Hosting.Health;

/// <summary>
/// Whether a restart of the process would help: a partition whose flush has failed takes no appends until the log is
/// opened again.
/// </summary>
/// <param name="holder">The log.</param>
internal sealed class LiveCheck(LogHolder holder) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!holder.TryGet(out CommitLog? log))
        {
            // It may be recovering, or be waiting for the owner of the directory. No restart makes that faster.
            return HealthCheckResult.Healthy($"The log '{holder.Name}' is not open yet.");
        }

        try
        {
            Dictionary<string, object> failed = [];
            foreach (TopicDescription topic in await log.ListTopicsAsync(cancellationToken).ConfigureAwait(false))
            {
                foreach (PartitionDescription partition in topic.Partitions)
                {
                    if (partition.Failure is PartitionFailedException failure)
                    {
                        failed[partition.Partition.ToString()] = failure.Message;
                    }
                }
            }

            return failed.Count == 0
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(
                    context.Registration.FailureStatus,
                    $"{failed.Count} partitions of the log '{holder.Name}' could not be flushed: restart the process.",
                    data: failed);
        }
        catch (ObjectDisposedException)
        {
            return HealthCheckResult.Healthy($"The log '{holder.Name}' is closed.");
        }
    }
}
