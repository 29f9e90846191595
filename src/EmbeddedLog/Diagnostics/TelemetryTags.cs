using System.Globalization;

namespace EmbeddedLog.Diagnostics;

/// <summary>
/// The attributes of metrics and activities: OpenTelemetry's for messaging, and our own, which begin with
/// <c>embeddedlog.</c>.
/// </summary>
internal static class TelemetryTags
{
    public const string System = "messaging.system";
    public const string SystemName = "embeddedlog";
    public const string Operation = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string Topic = "messaging.destination.name";
    public const string Partition = "messaging.destination.partition.id";
    public const string Group = "messaging.consumer.group.name";
    public const string BatchCount = "messaging.batch.message_count";
    public const string ErrorType = "error.type";
    public const string Offset = "embeddedlog.offset";
    public const string Directory = "embeddedlog.directory";
    public const string IsClean = "embeddedlog.recovery.clean";

    public static KeyValuePair<string, object?> Of(string key, object? value) => new(key, value);

    /// <summary>The attributes that say which partition.</summary>
    public static KeyValuePair<string, object?>[] OfPartition(TopicPartition id) =>
        [Of(Topic, id.Topic), Of(Partition, Number(id.Partition))];

    /// <summary>A partition's number, which is text by the conventions.</summary>
    public static string Number(int partition) => partition.ToString(CultureInfo.InvariantCulture);
}
