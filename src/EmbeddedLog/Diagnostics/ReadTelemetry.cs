namespace EmbeddedLog.Diagnostics;

/// <summary>Tells what a consumer reads.</summary>
/// <param name="telemetry">The telemetry of the process.</param>
/// <param name="group">The consumer's group; null without one.</param>
internal sealed class ReadTelemetry(Telemetry telemetry, string? group)
{
    /// <summary>Tells records that were read for the application. Only under no lock.</summary>
    public void Note(TopicPartition partition, int records)
    {
        if (!telemetry.Consumed.IsOn)
        {
            return;
        }

        KeyValuePair<string, object?> system = TelemetryTags.Of(TelemetryTags.System, TelemetryTags.SystemName);
        KeyValuePair<string, object?> operation = TelemetryTags.Of(TelemetryTags.Operation, "receive");
        KeyValuePair<string, object?>[] tags = [system, operation, .. TelemetryTags.OfPartition(partition)];
        telemetry.Consumed.Record(
            records, group is null ? tags : [.. tags, TelemetryTags.Of(TelemetryTags.Group, group)]);
    }
}
