using System.Diagnostics;

namespace EmbeddedLog.Diagnostics;

/// <summary>
/// Tells what a producer sends. Only for who asked <see cref="IsOn"/>, so that others pay for that alone. A structure:
/// each send asks, and every reference on the way to the answer counts.
/// </summary>
/// <param name="telemetry">The telemetry of the process.</param>
/// <param name="topic">The topic.</param>
internal readonly struct SendTelemetry(Telemetry telemetry, string topic)
{
    private const string Operation = "send";

    private readonly Figure<long> _sent = telemetry.Sent;
    private readonly Figure<double> _duration = telemetry.SendDuration;
    private readonly ActivitySource? _source = telemetry.Source;

    /// <summary>Whether anybody listens.</summary>
    public bool IsOn => _sent.IsOn || _duration.IsOn || Traces;

    /// <summary>Begins a send; its activity is the current one until it ends.</summary>
    public Send Begin() =>
        new(this, Traces ? telemetry.Begin(ActivityKind.Producer, Operation, topic) : null);

    /// <summary>One send: of a record, or of a batch.</summary>
    internal readonly struct Send(SendTelemetry owner, Activity? activity)
    {
        private readonly long _began = Stopwatch.GetTimestamp();

        /// <summary>A record with the trace in its headers.</summary>
        public ProducerRecord<TKey, TValue> Trace<TKey, TValue>(in ProducerRecord<TKey, TValue> record)
        {
            // Where this send is not sampled, it still belongs to the trace of the caller.
            Activity? sender = activity ?? (owner.Traces ? Activity.Current : null);
            return sender is null ? record : record with { Headers = TraceHeaders.Inject(sender, record.Headers) };
        }

        /// <summary>Ends the send of a record.</summary>
        /// <param name="sent">Where the record is; null where it failed.</param>
        /// <param name="failure">What it failed with.</param>
        public void End(RecordMetadata? sent, Exception? failure)
        {
            if (sent is { } at && activity is { IsAllDataRequested: true })
            {
                activity.SetTag(TelemetryTags.Partition, TelemetryTags.Number(at.Partition));
                activity.SetTag(TelemetryTags.Offset, at.Offset);
            }

            End(records: 1, sent is { } known ? TelemetryTags.Number(known.Partition) : null, failure);
        }

        /// <summary>Ends what did not become a send: there was no room.</summary>
        public void Abandon()
        {
            // An activity that is never told would be in nobody's trace; its parent goes on as the current one.
            activity?.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            Telemetry.End(activity, failure: null);
        }

        /// <summary>Ends the send of a batch.</summary>
        public void EndBatch(int records, Exception? failure)
        {
            activity?.SetTag(TelemetryTags.BatchCount, records);
            End(records, partition: null, failure);
        }

        private void End(int records, string? partition, Exception? failure)
        {
            Telemetry.End(activity, failure);
            TagList tags = owner.Tags(partition, failure);
            ReadOnlySpan<KeyValuePair<string, object?>> all = [.. tags];
            owner.Record(records, Stopwatch.GetElapsedTime(_began), all);
        }
    }

    private bool Traces => _source is not null && _source.HasListeners();

    private TagList Tags(string? partition, Exception? failure)
    {
        TagList tags = new()
        {
            { TelemetryTags.System, TelemetryTags.SystemName },
            { TelemetryTags.Operation, Operation },
            { TelemetryTags.OperationType, Operation },
            { TelemetryTags.Topic, topic },
        };
        if (partition is not null)
        {
            tags.Add(TelemetryTags.Partition, partition);
        }

        if (failure is not null)
        {
            tags.Add(TelemetryTags.ErrorType, failure.GetType().FullName);
        }

        return tags;
    }

    private void Record(int records, TimeSpan took, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _sent.Record(records, tags);
        _duration.Record(took.TotalSeconds, tags);
    }
}
