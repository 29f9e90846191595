using System.Diagnostics;

namespace EmbeddedLog.Diagnostics;

/// <summary>Tells how long handlers take, and joins what they do to the trace of the record.</summary>
/// <param name="telemetry">The telemetry of the process.</param>
/// <param name="group">The consumer's group; null without one.</param>
/// <param name="handler">The user's handler.</param>
internal sealed class HandlerTelemetry<TKey, TValue>(
    Telemetry telemetry, string? group, Func<Record<TKey, TValue>, CancellationToken, ValueTask> handler)
{
    private const string Operation = "process";

    /// <summary>Calls the handler.</summary>
    public ValueTask HandleAsync(Record<TKey, TValue> record, CancellationToken cancellationToken) =>
        telemetry.ProcessDuration.IsOn || telemetry.Traces
            ? ObservedAsync(record, cancellationToken)
            : handler(record, cancellationToken);

    private async ValueTask ObservedAsync(Record<TKey, TValue> record, CancellationToken cancellationToken)
    {
        Activity? activity = telemetry.Traces ? Begin(record) : null;
        long began = Stopwatch.GetTimestamp();
        Exception? failure = null;
        try
        {
            await handler(record, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            Telemetry.End(activity, failure);
            Record(record, Stopwatch.GetElapsedTime(began), failure);
        }
    }

    private Activity? Begin(in Record<TKey, TValue> record)
    {
        // A record belongs to the trace of its producer. That of the caller has begun the loop, and not this record.
        Telemetry.LeaveCurrent();
        Activity? activity = telemetry.Begin(
            ActivityKind.Consumer, Operation, record.Topic, TraceHeaders.Extract(record.Headers));
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag(TelemetryTags.Partition, TelemetryTags.Number(record.Partition));
            activity.SetTag(TelemetryTags.Offset, record.Offset);
            if (group is not null)
            {
                activity.SetTag(TelemetryTags.Group, group);
            }
        }

        return activity;
    }

    private void Record(in Record<TKey, TValue> record, TimeSpan took, Exception? failure)
    {
        TagList tags = new()
        {
            { TelemetryTags.System, TelemetryTags.SystemName },
            { TelemetryTags.Operation, Operation },
            { TelemetryTags.Topic, record.Topic },
            { TelemetryTags.Partition, TelemetryTags.Number(record.Partition) },
        };
        if (group is not null)
        {
            tags.Add(TelemetryTags.Group, group);
        }

        if (failure is not null)
        {
            tags.Add(TelemetryTags.ErrorType, failure.GetType().FullName);
        }

        telemetry.ProcessDuration.Record(took.TotalSeconds, [.. tags]);
    }
}
