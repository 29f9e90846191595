namespace EmbeddedLog;

/// <summary>The meaning of a record's timestamp, as Kafka's <c>message.timestamp.type</c>.</summary>
public enum TimestampType
{
    /// <summary>The time that the producer gives, else the time of the append. Kafka's default.</summary>
    CreateTime,

    /// <summary>The time of the append, whatever the producer gives.</summary>
    LogAppendTime,
}
