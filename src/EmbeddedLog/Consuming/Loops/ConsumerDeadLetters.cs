using EmbeddedLog.Diagnostics;
using EmbeddedLog.Handling;

namespace EmbeddedLog.Consuming.Loops;

/// <summary>The dead letters of one consumer.</summary>
/// <param name="topics">The topics of its log.</param>
/// <param name="sources">What the consumer reads.</param>
/// <param name="group">Its group, or null.</param>
internal sealed class ConsumerDeadLetters(DeadLetterTopics topics, Subscription sources, string? group) : IDeadLetters
{
    /// <inheritdoc/>
    public async ValueTask<TopicPartitionOffset> KeepAsync(
        string topic, FailedRecord record, CancellationToken cancellationToken)
    {
        TopicPartitionOffset kept =
            await topics.KeepAsync(topic, record, sources, group, cancellationToken).ConfigureAwait(false);
        Telemetry.Shared.DeadLetters.Record(
            1,
            [
                .. TelemetryTags.OfPartition(record.At.TopicPartition),
                TelemetryTags.Of(TelemetryTags.Group, group),
            ]);
        return kept;
    }
}
